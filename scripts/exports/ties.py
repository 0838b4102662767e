"""Functions of PyTorch with kinks, ties, jumps and zeros, as its exporters write them, with PyTorch's own gradients there.

    python ties.py OUT

OUT/NAME.EXPORTER.onnx, and OUT/cases.json: per function its inputs, a cotangent of its output, output and gradients in float64. The
inputs lie on the places without a derivative and on both sides of them, and every element has a cotangent of its own. A file is left out
where its exporter does not know the function. Needs torch and onnxscript; run in a virtual environment.
"""

import argparse
import base64
import contextlib
import io
import json
import pathlib
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional as F

from fixture_files import forget_source

EXPORTERS = {
    'ts20': dict(dynamo=False, opset_version=20),
    'dynamo20': dict(dynamo=True, opset_version=20, external_data=False),
}
INF = float('inf')

LINE = [-7.0, -6.0, -3.5, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 3.5, 6.0, 7.0]
LANES = [[1.0, 3.0, 3.0, -2.0], [2.0, 2.0, 1.0, 2.0], [-1.0, 0.0, 4.0, 4.0], [5.0, 5.0, 5.0, 5.0]]
ZEROS = [[0.0, 0.0, 0.0], [0.0, -3.0, 4.0], [0.0, 0.0, 2.0]]
LEFT, RIGHT = [-1.0, 0.0, 2.0, 1.0, 3.0, 0.0], [0.0, 0.0, 2.0, 2.0, 1.0, 1.0]
PLANE = [[[[1.0, 5.0, 5.0, 0.0], [5.0, 5.0, 2.0, 2.0], [0.0, 0.0, 7.0, 7.0], [0.0, 0.0, 7.0, 7.0]]]]
CHANNELS = [[[2.0, 2.0], [-1.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]]


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, *inputs):
        return self.f(*inputs)


def number(value, like):
    """A tensor that does not vary."""
    return torch.tensor(value, dtype=like.dtype)


FUNCTIONS = {
    # Rectifiers and their kin.
    'relu': (F.relu, LINE),
    'relu6': (F.relu6, LINE),
    'hardtanh': (F.hardtanh, LINE),
    'leaky-relu': (lambda x: F.leaky_relu(x, 0.25), LINE),
    'prelu': (F.prelu, CHANNELS, [0.25, 0.5]),
    'rrelu': (lambda x: F.rrelu(x, 0.25, 0.75), LINE),
    'elu': (lambda x: F.elu(x, 2.0), LINE),
    'selu': (F.selu, LINE),
    'celu': (lambda x: F.celu(x, 2.0), LINE),
    'hardsigmoid': (F.hardsigmoid, LINE),
    'hardswish': (F.hardswish, LINE),
    'softshrink': (F.softshrink, LINE),
    'hardshrink': (F.hardshrink, LINE),
    'threshold': (lambda x: F.threshold(x, 0.5, 2.0), LINE),
    'threshold-zero': (lambda x: F.threshold(x, 0.0, 0.0), LINE),
    'softsign': (F.softsign, LINE),
    'softplus': (F.softplus, LINE),
    'logsigmoid': (F.logsigmoid, LINE),
    # Clamps: between numbers, values that vary, and tensors that do not.
    'clamp': (lambda x: torch.clamp(x, -1, 1), LINE),
    'clamp-from-zero': (lambda x: torch.clamp(x, 0, 3), LINE),
    'clamp-min': (lambda x: torch.clamp(x, min=0.5), LINE),
    'clamp-min-zero': (lambda x: torch.clamp_min(x, 0), LINE),
    'clamp-max': (lambda x: torch.clamp_max(x, 0.5), LINE),
    'clamp-unbounded': (lambda x: torch.clamp(x, -3.4028234663852886e38, 3.4028234663852886e38), LINE),
    'clamp-equal': (lambda x: torch.clamp(x, 1, 1), LINE),
    'clamp-crossed': (lambda x: torch.clamp(x, 1, -1), LINE),
    'clamp-fed': (torch.clamp, LINE, -1.0, 1.0),
    'clamp-fed-equal': (torch.clamp, LINE, 1.0, 1.0),
    'clamp-fed-crossed': (torch.clamp, LINE, 1.0, -1.0),
    'clamp-fed-min': (lambda x, low: torch.clamp(x, min=low), LINE, 0.5),
    'clamp-fed-max': (lambda x, high: torch.clamp(x, max=high), LINE, 0.5),
    'clamp-vectors': (torch.clamp, [-1.0, 0.0, 0.5, 1.0, 2.0], [0.0] * 5, [1.0] * 5),
    'clamp-vectors-equal': (torch.clamp, [-1.0, 0.0, 1.0], [0.0] * 3, [0.0] * 3),
    'clamp-vectors-crossed': (torch.clamp, [-1.0, 0.0, 0.5, 1.0, 2.0], [1.0] * 5, [0.0] * 5),
    'clamp-constant-tensors': (lambda x: torch.clamp(x, number(0.0, x), number(1.0, x)), LINE),
    # The larger of two, and what is made of it.
    'maximum': (torch.maximum, LEFT, RIGHT),
    'minimum': (torch.minimum, LEFT, RIGHT),
    'maximum-number': (lambda x: torch.maximum(x, number(0.0, x)), LINE),
    'maximum-self': (lambda x: torch.maximum(x, -x), LINE),
    'fmax': (torch.fmax, LEFT, RIGHT),
    'fmin': (torch.fmin, LEFT, RIGHT),
    'where': (lambda x, y: torch.where(x > y, x, y), LEFT, RIGHT),
    'masked-fill': (lambda x: x.masked_fill(x <= 0, 2.0), LINE),
    # The largest of many.
    'max': (torch.max, LANES),
    'min': (torch.min, LANES),
    'max-axis': (lambda x: torch.max(x, 1).values, LANES),
    'min-axis': (lambda x: torch.min(x, 1).values, LANES),
    'amax': (lambda x: torch.amax(x, 1), LANES),
    'amin': (lambda x: torch.amin(x, 1), LANES),
    'norm-inf': (lambda x: torch.linalg.vector_norm(x, INF, 1), LANES),
    'sort': (lambda x: torch.sort(x, 1).values, LANES),
    'sort-descending': (lambda x: torch.sort(x, 1, descending=True).values, LANES),
    'topk': (lambda x: torch.topk(x, 2, 1).values, LANES),
    'topk-least': (lambda x: torch.topk(x, 2, 1, largest=False).values, LANES),
    'median': (lambda x: torch.median(x, 1).values, LANES),
    'kthvalue': (lambda x: torch.kthvalue(x, 2, 1).values, LANES),
    'cummax': (lambda x: torch.cummax(x, 1).values, LANES),
    'argmax-gather': (lambda x: x.gather(1, x.argmax(1, keepdim=True)), LANES),
    'scatter-amax': (lambda x, y: x.scatter_reduce(1, torch.tensor([[0, 0, 1]] * 3), y, 'amax'), ZEROS, [[0.0, 1.0, 0.0], [0.0, 0.0, 4.0], [2.0, 2.0, 0.0]]),
    'logsumexp': (lambda x: torch.logsumexp(x, 1), [[1.0, 1.0, 0.0], [-INF, 1.0, 2.0]]),
    'softmax': (lambda x: torch.softmax(x, 1), [[1.0, 1.0, 0.0], [-INF, 1.0, 2.0]]),
    # Pools.
    'max-pool1d': (lambda x: F.max_pool1d(x, 2, 1), [LANES]),
    'max-pool2d': (lambda x: F.max_pool2d(x, 2), PLANE),
    'max-pool2d-overlapping': (lambda x: F.max_pool2d(x, 3, 1, 1), PLANE),
    'max-pool2d-dilated': (lambda x: F.max_pool2d(x, 2, 1, 0, 2), PLANE),
    'max-pool2d-ceil': (lambda x: F.max_pool2d(x, 3, 2, 0, 1, True), PLANE),
    'max-pool3d': (lambda x: F.max_pool3d(x[None], 2), [[*PLANE[0], *PLANE[0]]]),
    'adaptive-max-pool2d': (lambda x: F.adaptive_max_pool2d(x, 1), PLANE),
    'adaptive-max-pool2d-halves': (lambda x: F.adaptive_max_pool2d(x, 2), PLANE),
    'lp-pool2d': (lambda x: F.lp_pool2d(x.relu(), 2.0, 2), PLANE),
    # Absolute values, signs, steps.
    'abs': (torch.abs, LINE),
    'sign': (lambda x: torch.sign(x) * x, LINE),
    'round': (lambda x: torch.round(x) * x, LINE),
    'floor': (lambda x: torch.floor(x) * x, LINE),
    'ceil': (lambda x: torch.ceil(x) * x, LINE),
    'trunc': (lambda x: torch.trunc(x) * x, LINE),
    'frac': (torch.frac, LINE),
    'fmod': (torch.fmod, LINE, 2.0),
    'remainder': (torch.remainder, LINE, 2.0),
    'heaviside': (lambda x: (x > 0).to(x.dtype) * x, LINE),
    # Norms, roots and powers at zero.
    'norm': (lambda x: torch.linalg.vector_norm(x, 2, 1), ZEROS),
    'norm-one': (lambda x: torch.linalg.vector_norm(x, 1, 1), ZEROS),
    'norm-three': (lambda x: torch.linalg.vector_norm(x, 3, 1), ZEROS),
    'norm-frobenius': (lambda x: torch.linalg.matrix_norm(x), [[[0.0, 0.0], [0.0, 0.0]], [[3.0, 0.0], [0.0, 4.0]]]),
    'normalize': (lambda x: F.normalize(x, dim=1), ZEROS),
    'cosine-similarity': (lambda x: F.cosine_similarity(x, torch.ones_like(x), 1), ZEROS),
    'pairwise-distance': (F.pairwise_distance, ZEROS, [[0.0, 0.0, 0.0], [0.0, -3.0, 4.0], [0.0, 0.0, 0.0]]),
    'cdist': (torch.cdist, ZEROS, [[0.0, 0.0, 0.0], [0.0, -3.0, 4.0]]),
    'sqrt': (torch.sqrt, [0.0, 0.25, 4.0]),
    'sqrt-square': (lambda x: torch.sqrt(torch.square(x)), [-2.0, 0.0, 2.0]),
    'rsqrt': (torch.rsqrt, [0.25, 4.0]),
    'pow-half': (lambda x: torch.pow(x, 0.5), [0.0, 0.25, 4.0]),
    'pow-zero': (lambda x: torch.pow(x, 0.0), [-1.0, 0.0, 2.0]),
    'pow-one': (lambda x: torch.pow(x, 1.0), [-1.0, 0.0, 2.0]),
    'pow-two': (lambda x: torch.pow(x, 2), [-1.0, 0.0, 2.0]),
    'pow-three': (lambda x: torch.pow(x, 3), [-1.0, 0.0, 2.0]),
    'pow-three-halves': (lambda x: torch.pow(x, 1.5), [0.0, 0.25, 4.0]),
    'pow-tensors': (torch.pow, [0.0, 0.0, 0.0, 2.0, 1.0], [0.0, 1.0, 2.0, 0.0, 3.0]),
    'pow-of-zero': (lambda p: torch.pow(torch.zeros_like(p), p), [0.0, 1.0, 2.0]),
    'reciprocal': (torch.reciprocal, [-2.0, 0.0, 2.0]),
    'log': (torch.log, [0.0, 1.0]),
    'log1p': (torch.log1p, [-1.0, 0.0]),
    'asin': (torch.asin, [-1.0, 0.0, 1.0]),
    'acos': (torch.acos, [-1.0, 0.0, 1.0]),
    'acosh': (torch.acosh, [1.0, 2.0]),
    'atanh': (torch.atanh, [-1.0, 0.0, 1.0]),
    'atan2': (torch.atan2, [0.0, 0.0, 1.0, 1.0, -1.0], [1.0, -1.0, 0.0, 1.0, -1.0]),
    'atan2-origin': (torch.atan2, [0.0], [0.0]),
    'xlogy': (torch.xlogy, [0.0, 1.0, 0.0], [1.0, 2.0, 3.0]),
    'prod': (lambda x: torch.prod(x, 1), ZEROS),
    'cumprod': (lambda x: torch.cumprod(x, 1), ZEROS),
    # Statistics of lanes that are constant.
    'std': (lambda x: torch.std(x, 1), LANES),
    'std-biased': (lambda x: torch.std(x, 1, correction=0), LANES),
    'var': (lambda x: torch.var(x, 1), LANES),
    'layer-norm': (lambda x: F.layer_norm(x, (4,)), LANES),
    'group-norm': (lambda x: F.group_norm(x, 1), CHANNELS),
    'instance-norm': (F.instance_norm, CHANNELS),
    # Losses.
    'l1-loss': (lambda x, y: F.l1_loss(x, y, reduction='none'), LEFT, RIGHT),
    'smooth-l1-loss': (lambda x, y: F.smooth_l1_loss(x, y, reduction='none'), LEFT, RIGHT),
    'huber-loss': (lambda x, y: F.huber_loss(x, y, reduction='none', delta=2.0), LEFT, RIGHT),
    'hinge-loss': (lambda x: torch.clamp(1 - x, min=0), LINE),
    'margin-ranking-loss': (lambda x, y: F.margin_ranking_loss(x, y, torch.ones_like(x), reduction='none'), LEFT, RIGHT),
}


def pack(tensor):
    array = tensor.detach().double().contiguous().numpy()
    return {'shape': list(array.shape), 'b64': base64.b64encode(array.tobytes()).decode()}


def truth(f, points):
    inputs = [torch.tensor(point, dtype=torch.float64, requires_grad=True) for point in points]
    y = f(*inputs)
    cotangent = (torch.arange(1, y.numel() + 1, dtype=torch.float64) / 4).reshape(y.shape)
    gradients = torch.autograd.grad(y, inputs, cotangent, materialize_grads=True)
    return {'inputs': [pack(x) for x in inputs], 'cotangent': pack(cotangent), 'y': pack(y), 'gradients': [pack(g) for g in gradients]}


def export(f, points, path, options):
    inputs = tuple(torch.tensor(point) for point in points)
    names = [f'x{i}' for i in range(len(inputs))]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter('ignore')
        torch.onnx.export(Call(f).eval(), inputs, path, input_names=names, output_names=['y'], **options)
    forget_source(path)
    given = [value.name for value in onnx.load(path).graph.input]
    if given != names:
        raise ValueError(f'the file has the inputs {given}')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    cases = []
    for name, (f, *points) in FUNCTIONS.items():
        files = []
        for exporter, options in EXPORTERS.items():
            path = out / f'{name}.{exporter}.onnx'
            try:
                export(f, points, path, options)
                files.append(path.name)
            except Exception as error:  # the exporters raise whatever they meet
                path.unlink(missing_ok=True)
                print(f'{path.name}: {type(error).__name__}: {str(error).splitlines()[0][:120]}')
        cases.append({'name': name, 'files': files, **truth(f, points)})
    (out / 'cases.json').write_text(json.dumps({'torch': torch.__version__, 'cases': cases}, indent=1))


main()
