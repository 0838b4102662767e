"""What the scripts here that make fixtures share: numbers as text, and files that say nothing of the machine that wrote them."""

import base64

import numpy
import onnx


def pack(array):
    array = numpy.ascontiguousarray(array, numpy.float32)
    return {'shape': list(array.shape), 'b64': base64.b64encode(array.tobytes()).decode()}


def forget_source(path):
    """The dynamo exporter writes the stack trace of every node, with paths of this machine, into the file."""
    model = onnx.load(path)
    for graph in [model.graph, *model.functions]:
        for node in graph.node:
            node.doc_string = ''
            del node.metadata_props[:]
        for value in [*getattr(graph, 'value_info', []), *getattr(graph, 'initializer', [])]:
            del value.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    onnx.save(model, path)
