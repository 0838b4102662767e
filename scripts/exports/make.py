"""Exports the small families by the real exporters and stores PyTorch's own logits and gradients beside them.

    python make.py OUT [--only NAME]

Per family: the TorchScript-based exporter (opset 7, 9 and 13 with a symbolic batch, 11 with a fixed batch of 1, 17 unfused and unfolded)
and the dynamo-based one (opset 18 and 20, symbolic batch). OUT/cases.json: per file the input, targets, float64 logits and gradient of the target logit.
Needs torch, torchvision and onnxscript; run in a virtual environment.
"""

import argparse
import contextlib
import io
import json
import pathlib
import warnings

import onnx
import torch

from families import families
from fixture_files import forget_source, pack

VARIANTS = [
    ('ts7', dict(dynamo=False, opset_version=7), True),
    ('ts9', dict(dynamo=False, opset_version=9), True),
    ('ts11-fixed', dict(dynamo=False, opset_version=11), False),
    ('ts13', dict(dynamo=False, opset_version=13), True),
    ('ts17-unfolded', dict(dynamo=False, opset_version=17, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE), True),
    ('dynamo18', dict(dynamo=True, opset_version=18), True),
    ('dynamo20', dict(dynamo=True, opset_version=20), True),
]

# Upsample of opset 9 and RoiAlign below 16 have no half-pixel coordinates: the exporter warns that the file computes something else.
UNFAITHFUL = ['unet-bilinear.ts9.onnx', 'roi-align.ts11-fixed.onnx', 'roi-align.ts13.onnx']


def export(module, x, path, options, symbolic):
    names = dict(input_names=['x'], output_names=['logits'])
    if options['dynamo']:
        shapes = ({0: torch.export.Dim('N')},) if symbolic else None
        torch.onnx.export(module, (x,), path, dynamic_shapes=shapes, external_data=False, **names, **options)
        forget_source(path)
    else:
        axes = {'x': {0: 'N'}, 'logits': {0: 'N'}} if symbolic else None
        torch.onnx.export(module, (x if symbolic else x[:1],), path, dynamic_axes=axes, **names, **options)


def check(path):
    """Files of opset 7 may hold operators of opset 9, or an experimental one that runtimes have dropped."""
    onnx.checker.check_model(path)
    if any(node.op_type == 'ConstantFill' for node in onnx.load(path).graph.node):
        raise ValueError('the file holds ConstantFill')


def truth(module, x):
    double = module.double()
    x = x.double().requires_grad_()
    logits = double(x)
    targets = logits.argmax(1)
    logits.gather(1, targets[:, None]).sum().backward()
    module.float()
    return targets.tolist(), logits.detach().numpy(), x.grad.numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--only')
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings('ignore')
    cases = []
    for name, module, shape in families():
        if arguments.only and arguments.only != name:
            continue
        x = torch.randn(3, *shape, generator=torch.Generator().manual_seed(7))
        case = {'family': name, 'files': [], 'x': pack(x.numpy())}
        for variant, options, symbolic in VARIANTS:
            file = f'{name}.{variant}.onnx'
            if file in UNFAITHFUL:
                continue
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    export(module, x, arguments.out / file, options, symbolic)
                    check(arguments.out / file)
                case['files'].append(file)
            except Exception as error:  # an exporter that refuses a module, or writes an invalid file, is recorded, not hidden
                (arguments.out / file).unlink(missing_ok=True)
                print(f'{file}: {type(error).__name__} {str(error).splitlines()[0][:150]}')
        case['targets'], logits, gradient = truth(module, x)
        case['logits'], case['gradient'] = pack(logits), pack(gradient)
        cases.append(case)
        print(name, len(case['files']))
    (arguments.out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
