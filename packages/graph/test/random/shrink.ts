/** Reduces a random graph that violates a law to a small part that still does, and prints it. */

import { isFloat } from '@onnxplain/core';
import {
  type Attribute,
  infer,
  interpret,
  type Node,
  type NumArray,
  numbersOf,
  prune,
} from '../../src/index.js';
import { violationOf } from './laws.js';
import type { RandomCase } from './random-case.js';

/** Removes nodes at both ends of a failing case as long as a part fails in the same way. */
export function shrunk(one: RandomCase): RandomCase {
  const kind = kindOf(one);
  for (const part of cuts(one)) if (kindOf(part) === kind) return shrunk(part);
  return one;
}

/** Returns "first order", "second order" or "throws ..."; undefined where all laws hold. */
const kindOf = (one: RandomCase): string | undefined => violationOf(one)?.split(':')[0];

function* cuts(one: RandomCase): Generator<RandomCase> {
  yield* outputCuts(one);
  yield* inputCuts(one);
}

/** Makes each value in turn the only output, where that removes nodes. */
function* outputCuts(one: RandomCase): Generator<RandomCase> {
  const types = infer(one.graph);
  for (const name of one.graph.nodes.flatMap(({ outputs }) => outputs)) {
    const type = types.get(name);
    if (type === undefined || !isFloat(type.dtype)) continue;
    const graph = prune({ ...one.graph, outputs: [{ name, ...type }] });
    if (graph.nodes.length < one.graph.nodes.length) yield { ...one, graph };
  }
}

/** Makes the output of each node in turn an input, the last nodes first. */
function* inputCuts(one: RandomCase): Generator<RandomCase> {
  const { graph, feeds } = one;
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes.toReversed()) {
    const [name] = node.outputs;
    if (node.outputs.length !== 1 || outputs.has(name)) continue;
    const value = computed(one, node);
    if (!isFloat(value.dtype)) continue;
    const inputs = [...graph.inputs, { name, dtype: value.dtype, dims: value.dims }];
    const nodes = graph.nodes.filter((other) => other !== node);
    yield { ...one, graph: prune({ ...graph, inputs, nodes }), feeds: { ...feeds, [name]: value } };
  }
}

const computed = ({ graph, feeds }: RandomCase, { outputs: [name] }: Node): NumArray =>
  interpret(graph, feeds, { wanted: [name] })[name];

/** Prints a case in a few lines. */
export function show({ seed, graph, feeds, tied }: RandomCase): string {
  const inputs = graph.inputs.map(({ name }) => `input ${name} = ${array(feeds[name])}`);
  const constants = [...graph.constants].map(([name, value]) => {
    return `${name} = ${array({ ...value, data: numbersOf(value) })}`;
  });
  const nodes = graph.nodes.map((node) => {
    const options = Object.entries(node.attributes).map(([name, value]) => `, ${name}=${text(value)}`);
    return `${node.outputs.join(', ')} = ${node.op}(${node.inputs.join(', ')}${options.join('')})`;
  });
  const outputs = `outputs ${graph.outputs.map(({ name }) => name).join(', ')}`;
  return [`seed ${seed}${tied ? ', with ties' : ''}`, ...inputs, ...constants, ...nodes, outputs].join(
    '\n  ',
  );
}

const array = ({ dtype, dims, data }: NumArray): string => `${dtype}[${dims}] ${[...data].join(' ')}`;

const text = ({ kind, value }: Attribute): string =>
  kind === 'graph' || kind === 'tensor' ? `(${kind})` : JSON.stringify(value);
