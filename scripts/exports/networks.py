"""Exports full-size networks with random weights, for measuring.

    python networks.py OUT [--only NAME]

OUT/NAME.onnx: opset 17, symbolic batch, by the TorchScript-based exporter. The weights are random, so the files say nothing about accuracy.
Needs torch, torchvision, onnx, and timm for vit_small; run in a virtual environment.
"""

import argparse
import pathlib
import warnings

import torch
import torchvision

IMAGE = (3, 224, 224)


class LeNet(torch.nn.Sequential):
    def __init__(self, classes=10):
        super().__init__(
            torch.nn.Conv2d(1, 6, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
            torch.nn.Linear(400, 120), torch.nn.ReLU(), torch.nn.Linear(120, 84), torch.nn.ReLU(), torch.nn.Linear(84, classes),
        )


class Lstm(torch.nn.Module):
    """All outputs of one layer, read off by a linear classifier after the last step."""

    def __init__(self, inputs=64, hidden=128, classes=10):
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, hidden, batch_first=True)
        self.head = torch.nn.Linear(hidden, classes)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def vit_small():
    import timm  # Only this network needs it.

    return timm.create_model('vit_small_patch16_224')


NETWORKS = {
    'lenet': (LeNet, (1, 28, 28)),
    'resnet18': (torchvision.models.resnet18, IMAGE),
    'vgg11': (torchvision.models.vgg11, IMAGE),
    'mobilenet_v2': (torchvision.models.mobilenet_v2, IMAGE),
    'densenet121': (torchvision.models.densenet121, IMAGE),
    'vit_small': (vit_small, IMAGE),
    'lstm': (Lstm, (32, 64)),
}


def build(name):
    """The network with weights that are the same at each call, and the shape of one input."""
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    return make().eval(), shape


def export(module, shape, path):
    names = dict(input_names=['x'], output_names=['logits'])
    axes = {'x': {0: 'N'}, 'logits': {0: 'N'}}
    example = torch.randn(2, *shape)
    torch.onnx.export(module, (example,), path, dynamo=False, opset_version=17, dynamic_axes=axes, **names)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--only')
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings('ignore')
    for name in NETWORKS:
        if arguments.only in (None, name):
            export(*build(name), arguments.out / f'{name}.onnx')


if __name__ == '__main__':
    main()
