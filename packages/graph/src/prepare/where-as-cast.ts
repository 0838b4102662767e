import { codeOf, isFloat } from '@onnxplain/core';
import { attr } from '../builder/builder.js';
import { numbersOf } from '../ir/constant.js';
import type { Graph, Node, ValueType } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';

type TypeOf = (name: string) => ValueType | undefined;

/**
 * Where(condition, ones, 0) of a condition with the shape of the result becomes Cast(condition). A backward pass that starts with the one
 * of a class has such a node, and with it several that only make ones of the right shape.
 */
export function whereAsCast(graph: Graph, typeOf: TypeOf): Graph {
  const makers = producersOf(graph.nodes);
  const numberOf = (name: string): number | undefined => {
    const constant = graph.constants.get(name);
    return constant?.data.length === 1 && isFloat(constant.dtype) ? numbersOf(constant)[0] : undefined;
  };
  const areOnes = (name: string): boolean => {
    const { op = '', domain, inputs = [] } = makers.get(name) ?? {};
    return numberOf(name) === 1 || (domain === '' && REPEATING.has(op) && areOnes(inputs[0]));
  };
  const nodes = graph.nodes.map((node): Node => {
    const [condition, ones = '', zero = ''] = node.op === 'Where' && node.domain === '' ? node.inputs : [];
    const type = typeOf(node.outputs[0]);
    const fits = type?.dims !== undefined && same(typeOf(condition ?? '')?.dims, type.dims);
    if (condition === undefined || !fits || !areOnes(ones) || !Object.is(numberOf(zero), 0)) return node;
    return { ...node, op: 'Cast', inputs: [condition], attributes: { to: attr.int(codeOf(type.dtype)) } };
  });
  return { ...graph, nodes };
}

/** Operators whose result has only numbers of their first input. */
const REPEATING: ReadonlySet<string> = new Set(['Expand', 'Identity', 'Reshape', 'Unsqueeze']);

const same = (a: ValueType['dims'], b: ValueType['dims']): boolean => JSON.stringify(a) === JSON.stringify(b);
