"""Single functions of PyTorch as its exporters write them, with PyTorch's own values and gradients.

    python functions.py OUT

OUT/NAME.EXPORTER.onnx, and OUT/cases.json: per function the input, a cotangent of its output, output and gradient in float64 (no output
where it is random). A file is left out where its exporter does not know the function. Needs torch, torchvision and onnxscript; run in a
virtual environment.
"""

import argparse
import contextlib
import io
import json
import pathlib
import warnings

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from fixture_files import forget_source, pack

EXPORTERS = {
    'ts20': dict(dynamo=False, opset_version=20),
    'dynamo20': dict(dynamo=True, opset_version=20, external_data=False),
}
LABELS = torch.tensor([[0, 2, 1], [3, 2, 2]])
WEIGHTS = [0.5, 1.0, 2.0, 0.25]
BOXES = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.25, 2.0, 2.25], [3.0, 3.0, 5.0, 5.0], [3.0, 3.0, 5.0, 5.5]])


class Call(nn.Module):
    """A function as a module; `constants` follow the type of the module."""

    def __init__(self, f, *constants):
        super().__init__()
        self.f = f
        for i, value in enumerate(constants):
            self.register_buffer(f'c{i}', torch.as_tensor(value))

    def forward(self, x):
        return self.f(x, *self.buffers())


class Parts(nn.Module):
    """A list of tensors, which a script keeps as one."""

    def forward(self, x):
        parts = torch.split(x, 2, dim=1)
        return torch.stack([torch.exp(parts[1]), parts[0] * parts[-1]], dim=0)


class Loops(nn.Module):
    """Loops of which a script does not know how often they run: as many steps as a number says, then until one is large."""

    def __init__(self):
        super().__init__()
        self.register_buffer('w', torch.tensor([[0.5, -1.0, 0.25], [1.0, 0.75, -0.5], [-0.25, 0.5, 1.25]]))

    def forward(self, x):
        h, total = x, torch.zeros_like(x)
        for i in range(2 + int(x.abs().sum().long())):
            h = torch.tanh(h @ self.w) + x * float(i)
            total = total + h * h / 16
        while bool(total.square().sum() < 9.0):
            total = total * 1.5 + torch.sin(total)
        return total


def spectrum(x, window):
    return torch.view_as_real(torch.stft(x, 8, hop_length=3, window=window, center=False, return_complex=True))


def unpooled(x):
    pooled, places = F.max_pool2d(x, 2, return_indices=True)
    return F.max_unpool2d(pooled.square(), places, 2)


def kept(x, boxes):
    return x[torchvision.ops.nms(boxes, x, 0.5)].square()


FUNCTIONS = {
    'rfft': (Call(lambda x: torch.view_as_real(torch.fft.rfft(x))), (2, 6)),
    'irfft': (Call(lambda x: torch.fft.irfft(torch.view_as_complex(x))), (2, 4, 2)),
    'fft2': (Call(lambda x: torch.view_as_real(torch.fft.fft2(torch.view_as_complex(x)))), (3, 4, 2)),
    'stft': (Call(spectrum, torch.hann_window(8)), (2, 20)),
    # The TorchScript-based exporter writes the same padding on both axes only.
    'fold': (Call(lambda x: F.fold(x, (4, 5), (2, 3), stride=(2, 1), padding=1)), (2, 12, 15)),
    'unfold': (Call(lambda x: F.unfold(x, (2, 3), stride=(2, 1), padding=(0, 1))), (2, 2, 4, 5)),
    'affine-grid': (Call(lambda x: F.affine_grid(x, (2, 1, 3, 4), align_corners=False)), (2, 2, 3)),
    'cross-entropy': (Call(lambda x, y, w: F.cross_entropy(x, y, weight=w, ignore_index=2)[None], LABELS, WEIGHTS), (2, 4, 3)),
    'nll-loss': (Call(lambda x, y: F.nll_loss(x, y, reduction='none'), LABELS), (2, 4, 3)),
    'det': (Call(torch.linalg.det), (2, 3, 3)),
    'cumprod': (Call(lambda x: torch.cumprod(x, 1)), (2, 5)),
    'max-unpool': (Call(unpooled), (1, 2, 4, 4)),
    'masked': (Call(lambda x, chosen: x[:, chosen].square(), [True, False, True]), (4, 3)),
    'noise': (Call(lambda x: x.square() + torch.randn_like(x)), (2, 3)),
    'nms': (Call(kept, BOXES), (4,)),
    'parts': (torch.jit.script(Parts()), (2, 6)),
    'loops': (torch.jit.script(Loops()), (2, 3)),
}


def truth(module, x):
    x = x.double().requires_grad_()
    y = module.double()(x)
    cotangent = torch.rand_like(y.double()).float()
    y.backward(cotangent.double())
    return y, cotangent, x.grad


def export(module, x, path, options):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter('ignore')
        torch.onnx.export(module, (x,), path, input_names=['x'], output_names=['y'], **options)
    forget_source(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    cases = []
    for name, (module, shape) in FUNCTIONS.items():
        x = torch.rand(shape) * 2 - 1
        files = []
        for exporter, options in EXPORTERS.items():
            path = out / f'{name}.{exporter}.onnx'
            try:
                export(module.float(), x, path, options)
                files.append(path.name)
            except Exception as error:  # the exporters raise whatever they meet
                path.unlink(missing_ok=True)
                print(f'{path.name}: {type(error).__name__}: {str(error).splitlines()[0][:120]}')
        y, cotangent, gradient = truth(module, x)
        case = {'name': name, 'files': files, 'x': pack(x), 'cotangent': pack(cotangent), 'gradient': pack(gradient)}
        cases.append(case if name == 'noise' else {**case, 'y': pack(y.detach())})
    (out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
