"""Exports three small networks and stores what Captum says of them: relevance, guided backpropagation, deconvnet, DeepLIFT, Grad-CAM.

    python attributions.py OUT

OUT/*.onnx and OUT/cases.json: per network an input, a baseline, a class and, by expression, Captum's attributions in float64.
Needs torch and captum; run in a virtual environment.

What Captum computes otherwise than its papers is left out of the networks: activations and poolings in direct succession under
DeepLIFT (its hooks on one tensor miss each other's results), and biases under the alpha1-beta0 and gamma rules (they are not split).
"""

import argparse
import base64
import json
import pathlib
import warnings

import numpy
import torch
from captum.attr import LRP, Deconvolution, DeepLift, GuidedBackprop, LayerGradCam
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule
from torch import nn


def pack(tensor):
    array = numpy.ascontiguousarray(tensor.detach().numpy(), numpy.float32)
    return {'shape': list(array.shape), 'b64': base64.b64encode(array.tobytes()).decode()}


class Network(nn.Module):
    def __init__(self, body, head):
        super().__init__()
        self.body, self.head = nn.Sequential(*body), nn.Sequential(*head)

    def forward(self, x):
        return self.head(torch.flatten(self.body(x), 1))


def rectifiers(bias):
    return Network(
        [
            nn.Conv2d(2, 4, 3, padding=1, bias=bias), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, bias=bias), nn.ReLU(), nn.AvgPool2d(2),
        ],
        [nn.Linear(6, 8, bias=bias), nn.ReLU(), nn.Linear(8, 3, bias=bias)],
    )


def smooth():
    return Network(
        [nn.Conv2d(2, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.Softplus(), nn.Conv2d(6, 6, 1), nn.ELU()],
        [nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 8), nn.Sigmoid(), nn.Linear(8, 3)],
    )


def relevance(network, x, target, rule):
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.rule = rule()
        elif isinstance(module, nn.AvgPool2d):
            module.rule = EpsilonRule(1e-9)
    return LRP(network).attribute(x, target=target)


def deep_lift(network, x, baseline, target):
    return DeepLift(network).attribute(x, baseline, target=target)



def attributions(name, network, x, baseline, target):
    if name == 'rectifiers-biased':
        return {
            'lrp(epsilon, epsilon=1e-9)': relevance(network, x, target, lambda: EpsilonRule(1e-9)),
            'lrp(epsilon, epsilon=0.25)': relevance(network, x, target, lambda: EpsilonRule(0.25)),
            'guided-backprop': GuidedBackprop(network).attribute(x, target=target),
            'deconvolution': Deconvolution(network).attribute(x, target=target),
            'grad-cam(LAYER, upsample=nearest)': LayerGradCam.interpolate(
                LayerGradCam(network, network.body[4]).attribute(x, target=target), (8, 8), 'nearest'),
        }
    if name == 'rectifiers':
        return {
            'lrp(z-plus)': relevance(network, x.abs(), target, Alpha1_Beta0_Rule),
            'lrp(gamma, gamma=0.5)': relevance(network, x.abs(), target, lambda: GammaRule(0.5)),
        }
    return {'deep-lift(baseline=BASELINE)': deep_lift(network, x, baseline, target)}


def export(network, x, path):
    options = dict(opset_version=17, input_names=['x'], output_names=['y'], dynamic_axes={'x': {0: 'N'}, 'y': {0: 'N'}})
    torch.onnx.export(network.float(), x.float(), path, dynamo=False, **options)
    return network.double()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter('ignore')
    cases = []
    networks = {'rectifiers': lambda: rectifiers(False), 'rectifiers-biased': lambda: rectifiers(True), 'smooth': smooth}
    for name, make in networks.items():
        torch.manual_seed(5)
        network = make().eval()
        x = torch.randn(1, 2, 8, 8).double()
        baseline = 0.5 * torch.randn(1, 2, 8, 8).double()
        x, baseline = x.float().double(), baseline.float().double()
        if name == 'rectifiers':
            x = x.abs()
        network = export(network, x, out / f'{name}.onnx')
        target = int(network(x).argmax())
        found = attributions(name, network, x, baseline, target)
        cases.append({
            'file': f'{name}.onnx', 'x': pack(x[0]), 'baseline': pack(baseline[0]), 'target': target,
            'logit': float(network(x)[0, target]), 'expected': {key: pack(value[0]) for key, value in found.items()},
        })
    (out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
