import { codeOf } from '@onnxplain/core';
import { attr } from '../builder/builder.js';
import { namer, namesIn } from '../ir/names.js';
import { describe, substitute, usesOf } from '../ir/scope.js';
import type { Graph, Node, Value } from '../ir/types.js';

/** A graph whose input of whole numbers takes floats, and what messages call the first node that reads it. */
export interface WithFloatInput {
  readonly graph: Graph;
  readonly input: Value & { readonly dtype: 'float64' };
  readonly reader: string;
}

/**
 * Makes an input of whole numbers, or of booleans, one of float64, which a Cast converts. The graph computes the same for whole numbers,
 * which float64 holds up to 2^53. No output has a derivative by the input.
 */
export function withFloatInput(graph: Graph, input: Value): WithFloatInput {
  const fresh = namer(namesIn(graph));
  const whole = fresh(`${input.name}/whole`);
  const cast: Node = {
    op: 'Cast',
    domain: '',
    name: whole,
    inputs: [input.name],
    outputs: [whole],
    attributes: { to: attr.int(codeOf(input.dtype)) },
  };
  const rename = (name: string): string => (name === input.name ? whole : name);
  const floats = { ...input, dtype: 'float64' } as const;
  const reader = graph.nodes.find((node) => usesOf(node).includes(input.name));
  return {
    graph: {
      ...graph,
      inputs: graph.inputs.map((each) => (each.name === input.name ? floats : each)),
      outputs: graph.outputs.map((each) => ({ ...each, name: rename(each.name) })),
      nodes: [cast, ...graph.nodes.map((node) => substitute(node, rename))],
    },
    input: floats,
    reader: reader === undefined ? '' : describe(reader),
  };
}
