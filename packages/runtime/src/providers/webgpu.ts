import { type Graph, graphsOf, type Node } from '@onnxplain/graph';

interface Limitation {
  /** A short description for reports. */
  readonly description: string;
  readonly applies: (node: Node, constants: Graph['constants']) => boolean;
}

/** Nodes that ONNX Runtime's WebGPU provider accepts when it opens a model but cannot run (1.29 and 1.30). */
const limitations: readonly Limitation[] = [
  {
    description: 'MaxPool with indices',
    applies: ({ op, outputs: [, indices = ''] }) => op === 'MaxPool' && indices !== '',
  },
  {
    description: 'ConvTranspose in three dimensions',
    applies: ({ op, inputs: [, kernel], attributes: { kernel_shape: shape } }, constants) => {
      const sizes = shape?.kind === 'ints' ? shape.value : constants.get(kernel)?.dims.slice(2);
      return op === 'ConvTranspose' && sizes?.length === 3;
    },
  },
];

/** Returns the nodes, inner graphs included, that WebGPU must leave to the CPU. */
export function nodesForCpu(graph: Graph): readonly { readonly name: string; readonly what: string }[] {
  return graph.nodes.flatMap((node) => [
    ...limitations
      .filter((limitation) => limitation.applies(node, graph.constants))
      .map(({ description }) => ({ name: node.name, what: description })),
    ...graphsOf(node).flatMap(nodesForCpu),
  ]);
}
