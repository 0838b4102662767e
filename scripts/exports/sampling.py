"""What PyTorch says of operators that read between elements: grid_sample, roi_align, roi_pool and deform_conv2d, values and gradients.

    python sampling.py OUT

OUT/cases.json: per case an ONNX operator with attributes and inputs, a cotangent of its output, and PyTorch's output and gradients, in
float64. Coordinates of the cases called "ties" are the elements' own places, the ends of the axes among them, and places outside.
Needs torch and torchvision; run in a virtual environment.

torchvision gives no gradient by the corners of regions: that of roi_align is the one of its formula written out below, whose values and
gradients by the features are compared with torchvision's here.
"""

import argparse
import base64
import itertools
import json
import pathlib

import torch
from torch.nn import functional as F
from torchvision import ops

MODES = {'bilinear': 'linear', 'nearest': 'nearest', 'bicubic': 'cubic'}


def pack(tensor):
    array = tensor.detach().double().contiguous().numpy()
    return {'shape': list(array.shape), 'b64': base64.b64encode(array.tobytes()).decode()}


def uniform(*shape, low=-1.0, high=1.0):
    """Numbers that float32 holds."""
    return (torch.rand(shape) * (high - low) + low).float().double()


def case(op, note, attributes, inputs, f, wanted):
    """`wanted`: which inputs have a gradient. Integers stay as they are."""
    values = [None if x is None else x.clone().requires_grad_(i in wanted) for i, x in enumerate(inputs)]
    y = f(*values)
    cotangent = uniform(*y.shape)
    y.backward(cotangent)
    return {
        'op': op, 'note': note, 'attributes': attributes,
        'inputs': [None if x is None else pack(x) for x in inputs],
        'cotangent': pack(cotangent), 'y': pack(y),
        'gradients': {str(i): pack(values[i].grad) for i in wanted},
    }


def grid_sample(x, grid, mode, padding, aligned, note):
    def f(x, grid):
        return F.grid_sample(x, grid, mode=mode, padding_mode=padding, align_corners=aligned)

    attributes = {'mode': MODES[mode], 'padding_mode': padding, 'align_corners': int(aligned)}
    return case('GridSample', note, attributes, [x, grid], f, [0, 1])


def places(count, size, aligned):
    """Grid coordinates of whole places from two outside on one end to two outside on the other."""
    c = torch.arange(-2, size + 2, dtype=torch.float64)
    g = 2 * c / (size - 1) - 1 if aligned else (2 * c + 1) / size - 1
    return torch.stack(torch.meshgrid(*[g] * count, indexing='ij'), -1).flip(-1)[None]


def grid_cases():
    for mode, padding, aligned in itertools.product(MODES, ['zeros', 'border', 'reflection'], [False, True]):
        yield grid_sample(uniform(2, 2, 3, 4), uniform(2, 2, 3, 2, low=-1.6, high=1.6), mode, padding, aligned, 'inside and outside')
        size = 5 if aligned else 4
        yield grid_sample(uniform(1, 1, size, size), places(2, size, aligned), mode, padding, aligned, 'ties')
        if mode != 'bicubic':
            yield grid_sample(uniform(1, 2, 2, 3, 4), uniform(1, 2, 3, 1, 3, low=-1.6, high=1.6), mode, padding, aligned, 'three axes')
    yield grid_sample(uniform(1, 1, 1, 3), uniform(1, 2, 3, 2, low=-1.6, high=1.6), 'bilinear', 'border', True, 'one row')


def written_out(x, rois, size, scale, ratio, aligned):
    """roi_align in plain operations (He et al. 2017, section 3)."""
    height, width = x.shape[2:]
    regions = []
    for row, *corners in rois:
        x1, y1, x2, y2 = [c * scale - (0.5 if aligned else 0) for c in corners]
        w, h = (x2 - x1, y2 - y1) if aligned else (torch.clamp(x2 - x1, min=1), torch.clamp(y2 - y1, min=1))
        counts = [ratio if ratio > 0 else int(torch.ceil(length / cells)) for length, cells in zip((h, w), size)]
        cells = []
        for i, j in itertools.product(range(size[0]), range(size[1])):
            total = torch.zeros(x.shape[1], dtype=x.dtype)
            for s, t in itertools.product(range(counts[0]), range(counts[1])):
                y_ = y1 + h / size[0] * (i + (s + 0.5) / counts[0])
                x_ = x1 + w / size[1] * (j + (t + 0.5) / counts[1])
                if -1 <= y_ <= height and -1 <= x_ <= width:
                    total = total + between(x[int(row)], y_.clamp(0, height - 1), x_.clamp(0, width - 1))
            cells.append(total / max(1, counts[0] * counts[1]))
        regions.append(torch.stack(cells, 1).view(x.shape[1], *size))
    return torch.stack(regions)


def between(image, y, x):
    i, j = int(y), int(x)
    k, l = min(i + 1, image.shape[1] - 1), min(j + 1, image.shape[2] - 1)
    v, w = y - i, x - j
    return (1 - v) * ((1 - w) * image[:, i, j] + w * image[:, i, l]) + v * ((1 - w) * image[:, k, j] + w * image[:, k, l])


CORNERS = torch.tensor([[0.61, 0.83, 5.37, 4.29], [-2.13, 1.17, 3.44, 7.31], [2.27, 2.41, 2.83, 2.93]]).float().double()
ROWS = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)


def with_rows(corners):
    return torch.cat([ROWS[:, None], corners], 1)


def roi_align(size, scale, ratio, aligned):
    x = uniform(2, 2, 6, 7)
    theirs = x.clone().requires_grad_()
    expected = ops.roi_align(theirs, with_rows(CORNERS), size, scale, ratio if ratio > 0 else -1, aligned)
    ours = x.clone().requires_grad_()
    y = written_out(ours, with_rows(CORNERS), size, scale, ratio, aligned)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(torch.autograd.grad(y.square().sum(), ours), torch.autograd.grad(expected.square().sum(), theirs))
    attributes = {'output_height': size[0], 'output_width': size[1], 'spatial_scale': scale, 'sampling_ratio': ratio,
                  'coordinate_transformation_mode': 'half_pixel' if aligned else 'output_half_pixel'}

    def f(x, corners, _):
        return written_out(x, with_rows(corners), size, scale, ratio, aligned)

    return case('RoiAlign', '', attributes, [x, CORNERS, ROWS], f, [0, 1])


def roi_pool(size, scale):
    def f(x, rois):
        return ops.roi_pool(x, rois, size, scale)

    attributes = {'pooled_shape': list(size), 'spatial_scale': scale}
    return case('MaxRoiPool', '', attributes, [uniform(2, 2, 6, 7), with_rows(CORNERS)], f, [0])


def deform(x, w, out, stride=(1, 1), padding=(0, 0), dilation=(1, 1), shifted=1, masked=True, ties=False):
    points = shifted * w[2] * w[3]
    offset = uniform(x[0], 2 * points, *out, low=-2, high=2)
    inputs = [uniform(*x), uniform(*w), offset.round() if ties else offset, uniform(w[0]), uniform(x[0], points, *out) if masked else None]

    def f(x, weight, offset, bias, mask):
        return ops.deform_conv2d(x, offset, weight, bias, stride, padding, dilation, mask)

    attributes = {'strides': list(stride), 'pads': [*padding, *padding], 'dilations': list(dilation),
                  'group': x[1] // w[1], 'offset_group': shifted}
    wanted = [0, 1, 2, 3, 4] if masked else [0, 1, 2, 3]
    return case('DeformConv', 'ties' if ties else '', attributes, inputs, f, wanted)


def cases():
    yield from grid_cases()
    for aligned, ratio in itertools.product([False, True], [0, 1, 2]):
        yield roi_align((2, 3), 1.0, ratio, aligned)
    yield roi_align((2, 2), 0.5, 0, False)
    yield roi_pool((2, 3), 1.0)
    yield roi_pool((3, 2), 0.5)
    yield deform((2, 2, 4, 4), (3, 2, 2, 2), (3, 3))
    yield deform((1, 4, 5, 4), (4, 2, 3, 2), (3, 3), stride=(2, 2), padding=(1, 1), shifted=2)
    yield deform((1, 2, 5, 4), (2, 2, 2, 2), (3, 3), dilation=(2, 1), shifted=2, masked=False)
    yield deform((1, 1, 4, 4), (1, 1, 2, 2), (3, 3), ties=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    (out / 'cases.json').write_text(json.dumps(list(cases()), indent=1))


main()
