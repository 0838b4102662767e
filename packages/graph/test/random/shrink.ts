/** The smallest part of a random graph that a law does not hold for, and how to print it. */

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
import type { RandomCase } from './case.js';
import { complaint } from './laws.js';

/** Cuts a failing case at both ends as long as something of it fails in the same way. */
export function shrunk(one: RandomCase): RandomCase {
  const kind = kindOf(one);
  for (const part of cuts(one)) if (kindOf(part) === kind) return shrunk(part);
  return one;
}

/** "first order", "second order", "throws ..."; undefined where nothing fails. */
const kindOf = (one: RandomCase): string | undefined => complaint(one)?.split(':')[0];

function* cuts(one: RandomCase): Generator<RandomCase> {
  yield* outputCuts(one);
  yield* inputCuts(one);
}

/** Each value in turn as the only output, where that leaves nodes out. */
function* outputCuts(one: RandomCase): Generator<RandomCase> {
  const types = infer(one.graph);
  for (const name of one.graph.nodes.flatMap(({ outputs }) => outputs)) {
    const type = types.get(name);
    if (type === undefined || !isFloat(type.dtype)) continue;
    const graph = prune({ ...one.graph, outputs: [{ name, ...type }] });
    if (graph.nodes.length < one.graph.nodes.length) yield { ...one, graph };
  }
}

/** Each node's output in turn as an input, the last ones first. What was equal before stays so only if it is one value. */
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

/** A case as a few lines of text. */
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
