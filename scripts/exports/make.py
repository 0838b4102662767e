"""Exports the small families by the real exporters and stores PyTorch's own logits and gradients beside them.

    python make.py OUT [--only NAME]

Per family: the TorchScript-based exporter (opset 7, 9 and 13 with a symbolic batch, 11 with a fixed batch of 1, 17 unfused and unfolded)
and the dynamo-based one (opset 18 and 20, symbolic batch). A family of each kind also by the dynamo-based one at opset 23, which brings
Attention and RMSNormalization, 24 and 26, with a fixed batch of 1, and without its optimiser, which folds and fuses.
OUT/cases.json: per file the input, one row of other inputs, targets, float64 logits and gradient of the target logit.
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

# The newest opset that ONNX Runtime 1.29 takes is 26; PyTorch 2.15 also writes 27. Above 24 its files with Attention or RMSNormalization
# say opset 18, which has neither: the checker refuses them.
NEWEST_VARIANTS = [
    ('dynamo20-unoptimised', dict(dynamo=True, opset_version=20, optimize=False), True),
    ('dynamo23', dict(dynamo=True, opset_version=23), True),
    ('dynamo23-fixed', dict(dynamo=True, opset_version=23), False),
    ('dynamo24', dict(dynamo=True, opset_version=24), True),
    ('dynamo24-fixed-unoptimised', dict(dynamo=True, opset_version=24, optimize=False), False),
    ('dynamo26', dict(dynamo=True, opset_version=26), True),
]
NEWEST_FAMILIES = ['resnet', 'unet-deconv', 'unet-bilinear', 'vision-transformer', 'torch-encoder', 'decoder', 'lstm-bi', 'gru', 'lstm-states-bi', 'detector']

# Upsample of opset 9 and RoiAlign below 16 have no half-pixel coordinates: the exporter warns that the file computes something else.
UNFAITHFUL = ['unet-bilinear.ts9.onnx', 'roi-align.ts11-fixed.onnx', 'roi-align.ts13.onnx']


def export(module, inputs, path, options, symbolic):
    names = dict(input_names=list(inputs), output_names=['logits'])
    rows = {name: rows_axis(name) for name in inputs}
    if not symbolic:
        inputs = {name: value.narrow(rows[name], 0, 1) for name, value in inputs.items()}
    values = tuple(inputs.values())
    if options['dynamo']:
        shapes = tuple({axis: torch.export.Dim('N')} for axis in rows.values()) if symbolic else None
        torch.onnx.export(module, values, path, dynamic_shapes=shapes, external_data=False, **names, **options)
        forget_source(path)
    else:
        axes = {name: {axis: 'N'} for name, axis in [*rows.items(), ('logits', 0)]} if symbolic else None
        torch.onnx.export(module, values, path, dynamic_axes=axes, **names, **options)


def rows_axis(name):
    """PyTorch's initial states have their rows on the second axis."""
    return 1 if name in ('h0', 'c0') else 0


def repeated(others, rows):
    """The other inputs, of one row, for as many rows."""
    return {name: value.repeat_interleave(rows, rows_axis(name)) for name, value in others.items()}


def check(path):
    """Files of opset 7 may hold operators of opset 9, or an experimental one that runtimes have dropped."""
    onnx.checker.check_model(path)
    if any(node.op_type == 'ConstantFill' for node in onnx.load(path).graph.node):
        raise ValueError('the file holds ConstantFill')


def truth(module, x, others):
    double = module.double()
    x = x.double().requires_grad_()
    logits = double(x, *(value.double() if value.is_floating_point() else value for value in others.values()))
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
    for name, module, x, others in families():
        if arguments.only and arguments.only != name:
            continue
        case = {'family': name, 'files': [], 'x': pack(x.numpy())}
        if others:
            case['feeds'] = {other: pack(value.numpy()) for other, value in others.items()}
        inputs = {'x': x, **repeated(others, len(x))}
        for variant, options, symbolic in VARIANTS + (NEWEST_VARIANTS if name in NEWEST_FAMILIES else []):
            file = f'{name}.{variant}.onnx'
            if file in UNFAITHFUL:
                continue
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    export(module, inputs, arguments.out / file, options, symbolic)
                    check(arguments.out / file)
                case['files'].append(file)
            except Exception as error:  # an exporter that refuses a module, or writes an invalid file, is recorded, not hidden
                (arguments.out / file).unlink(missing_ok=True)
                print(f'{file}: {type(error).__name__} {str(error).splitlines()[0][:150]}')
        case['targets'], logits, gradient = truth(module, x, repeated(others, len(x)))
        case['logits'], case['gradient'] = pack(logits), pack(gradient)
        cases.append(case)
        print(name, len(case['files']))
    (arguments.out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
