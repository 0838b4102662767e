"""Foolbox's DDN on the digits model: the norm of all pixels, at several numbers of gradients.

Reads a JSON description on standard input (model, images as a float32 file, labels, steps, bounds) and prints one JSON line for each
number of steps. Prints a line and ends with 0 where foolbox, torch or onnx are missing. bench/foolbox.ts calls it.
"""

import json
import sys

try:
    import foolbox
    import numpy as np
    import onnx
    import torch
    from onnx import numpy_helper
except ImportError as missing:
    print(json.dumps({"skipped": f"{missing.name} is not installed"}))
    sys.exit(0)


class Digits(torch.nn.Module):
    """The nodes of the model one after the other: Conv, MaxPool, Relu, Flatten and Gemm."""

    def __init__(self, graph):
        super().__init__()
        self.graph = graph
        self.weights = {
            each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer
        }

    def forward(self, x):
        values = {self.graph.input[0].name: x}
        for node in self.graph.node:
            given = [values.get(name, self.weights.get(name)) for name in node.input]
            options = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            values[node.output[0]] = apply(node.op_type, given, options)
        return values[self.graph.output[0].name]


def apply(op, given, options):
    functional = torch.nn.functional
    if op == "Conv":
        pads = options.get("pads", [0, 0, 0, 0])
        padded = functional.pad(given[0], (pads[1], pads[3], pads[0], pads[2]))
        return functional.conv2d(padded, given[1], given[2], stride=options.get("strides", [1, 1]))
    if op == "MaxPool":
        return functional.max_pool2d(given[0], options["kernel_shape"], stride=options["strides"])
    if op == "Relu":
        return functional.relu(given[0])
    if op == "Flatten":
        return torch.flatten(given[0], 1)
    if op == "Gemm":
        weights = given[1].T if options.get("transB", 0) else given[1]
        return given[0] @ weights + given[2]
    raise SystemExit(f"no {op} here")


def main():
    asked = json.load(sys.stdin)
    torch.manual_seed(0)
    model = Digits(onnx.load(asked["model"]).graph).eval()
    images = torch.from_numpy(np.fromfile(asked["images"], dtype=np.float32).reshape(-1, 1, 28, 28))
    labels = torch.tensor(asked["labels"])
    bounded = foolbox.PyTorchModel(model, bounds=tuple(asked["bounds"]), device="cpu")
    for steps in asked["steps"]:
        attack = foolbox.attacks.DDNAttack(steps=steps)
        _, points, found = attack(bounded, images, labels, epsilons=None)
        norms = (points - images).flatten(1).norm(dim=1)
        print(json.dumps({"steps": steps, "norms": norms.tolist(), "found": found.tolist()}))


main()
