import { isFloat } from '@onnxplain/core';
import { infer } from '../infer/infer.js';
import { opsIn } from '../ir/ops.js';
import type { Dims, Graph, Node, Value, ValueType } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';
import { isDifferentiable } from './flatness.js';

/**
 * A Gather of rows of a constant table of floats by the whole numbers of an input. Exporters write an embedding layer so. The input may be
 * of floats that the graph casts (Keras), where no output has a derivative by it.
 */
export interface Lookup {
  /** The input that holds the row numbers. */
  readonly input: string;
  /** The constant, [rows, width]. */
  readonly table: string;
  readonly rows: number;
  readonly width: number;
  /** The value that holds the picked rows: the input's axes, then `width`. */
  readonly output: string;
}

/** Operators that keep whole numbers as they are. They may change the axes. */
const HANDS_ON: ReadonlySet<string> = new Set([...opsIn('reshape'), 'Identity', 'Cast']);

/**
 * Lists the lookups of a graph in canonical form, in order, whose row numbers an input holds. Numbers that are computed from an input, such
 * as positions counted in a mask, do not count, nor do rows that do not lie along the axes of the input.
 */
export function lookupsOf(graph: Graph): readonly Lookup[] {
  const producers = producersOf(graph.nodes);
  const found = graph.nodes.flatMap((node) => {
    const sizes = tableSizes(graph, node);
    const input = sizes && inputBehind(graph, producers, node.inputs[1]);
    return sizes && input ? [{ sizes, input, node }] : [];
  });
  const types = found.length === 0 ? new Map<string, ValueType>() : infer(graph);
  return found.flatMap(({ sizes: [rows, width], input, node: { inputs, outputs } }) =>
    liesAlong(types.get(outputs[0])?.dims, input.dims)
      ? [{ input: input.name, table: inputs[0], rows, width, output: outputs[0] }]
      : [],
  );
}

/** Returns rows and width of the table that a node picks rows from. Undefined for any other node. */
function tableSizes({ constants }: Graph, node: Node): readonly number[] | undefined {
  const { op, domain, attributes, inputs } = node;
  if (op !== 'Gather' || domain !== '' || (attributes.axis?.value ?? 0) !== 0) return undefined;
  const table = constants.get(inputs[0]);
  return table !== undefined && isFloat(table.dtype) && table.dims.length === 2 ? table.dims : undefined;
}

/** Returns the input whose numbers a value holds. Undefined where they are computed. */
function inputBehind(graph: Graph, producers: ReadonlyMap<string, Node>, value: string): Value | undefined {
  const { inputs } = graph;
  let name = value;
  for (let node = producers.get(name); node !== undefined; node = producers.get(name)) {
    if (node.domain !== '' || !HANDS_ON.has(node.op)) return undefined;
    name = node.inputs[0];
  }
  return inputs.find((input) => input.name === name && holdsWholeNumbers(graph, input));
}

const holdsWholeNumbers = (graph: Graph, { name, dtype }: Value): boolean =>
  !isFloat(dtype) ||
  graph.outputs.every((of) => !isFloat(of.dtype) || !isDifferentiable(graph, { of: of.name, wrt: name }));

const liesAlong = (picked: Dims | undefined, [batch, ...axes]: Dims = []): boolean =>
  picked !== undefined && picked[0] === batch && picked.length === axes.length + 2;
