/** What must hold for the gradients of a random graph. */
import { isFloat, OnnxplainError } from '@onnxplain/core';
import {
  canonicalise,
  constantFrom,
  type Graph,
  interpret,
  isOp,
  type Node,
  type NumArray,
  numbersOf,
  verify,
  vjp,
} from '../../src/index.js';
import { usesOf } from '../../src/ir/scope.js';
import { along, type Feeds, gradients, type Projected, project, type Slopes, wobble } from '../derivative.js';
import { loweringChanges } from '../lowering.js';
import type { RandomCase } from './case.js';

/** Steps of the differences: a kink or a jump may lie within the first, hardly within all; rounding spoils the last. */
const STEPS = [1e-5, 3e-7, 1e-4];
/** A step for where jumps lie close together, as those of Mod by something small. */
const SMALLEST = 1e-10;
const TOLERANCE = 2e-6;

/** Moves so small that nothing smooth shows them. */
const NUDGES = Array.from({ length: 24 }, (_, i) => (i + 1) * 1e-12);
const JUMP = 1e-6;

/** Nodes of a gradient that is taken apart node by node. */
const LONGEST = 60;

/** Why the laws do not hold; undefined when they do. */
export type Complaint = string | undefined;

/** About the gradients of all outputs of a graph by all its inputs, once and twice; errors thrown included. */
export function complaint(one: RandomCase): Complaint {
  try {
    return check(one);
  } catch (error) {
    return `throws ${error instanceof Error ? error.stack?.split('\n').slice(0, 5).join('\n') : error}`;
  }
}

function check({ graph, feeds, tied }: RandomCase): Complaint {
  const projected = project(
    graph,
    feeds,
    graph.outputs.map(({ name }) => name),
  );
  const wrt = inputsBehind({ ...projected, graph: canonicalise(projected.graph) }, Object.keys(feeds));
  if (wrt.length === 0) return undefined;
  const first = gradients(projected, wrt);
  verify(first.graph);
  const foreign = first.graph.nodes.find(({ op, domain }) => !isOp(op, domain));
  if (foreign !== undefined) return `the gradient has a node ${foreign.op}`;
  const changed = loweringChanges(first.graph, projected.feeds);
  if (changed !== undefined) return `lowered: ${changed}`;
  const law = tied ? chained : differs;
  const wrong = law(projected, first, wrt);
  if (wrong !== undefined) return `first order: ${wrong}`;
  const again = project(first.graph, projected.feeds, first.labels);
  const varying = inputsBehind(again, wrt);
  if (varying.length === 0 || (tied && again.graph.nodes.length > LONGEST)) return undefined;
  const wrongAgain = law(again, gradients(again, varying), varying);
  return wrongAgain && `second order: ${wrongAgain}`;
}

type Law = (projected: Projected, result: ReturnType<typeof gradients>, wrt: readonly string[]) => Complaint;

/**
 * The gradient agrees with central differences of one of the steps. Where it is not finite (a negative base has no derivative by its
 * exponent), it must be so node by node too.
 */
const differs: Law = (projected, result, wrt) => {
  const { graph, labels, values } = result;
  if (values.some(({ data }) => !data.every(Number.isFinite))) return chained(projected, result, wrt);
  for (const [i, name] of wrt.entries()) {
    const found: Slopes[] = [];
    for (const step of [...STEPS, SMALLEST]) {
      const slopes = alongSameShapes(projected, name, { gradient: values[i], number: 1, step });
      if (slopes === undefined) break;
      if (gapOf(slopes) <= TOLERANCE * Math.max(1, slopes.size, Math.abs(slopes.measured))) break;
      found.push(slopes);
    }
    if (found.length <= STEPS.length || jumps(projected, name, values[i])) continue;
    const noise = rounding(projected, { graph, label: labels[i], gradient: values[i], name });
    if (STEPS.some((step, at) => gapOf(found[at]) <= 10 * (noise.claim + noise.value / step))) continue;
    const told = found.map(({ measured }) => measured).join(', ');
    return `by ${name} along a direction ${found[0].claimed}, by differences ${told}`;
  }
  return undefined;
};

/** Undefined where a value gets another shape on the way (elements that were equal no longer are, and Unique gives one more). */
function alongSameShapes(...given: Parameters<typeof along>): Slopes | undefined {
  try {
    return along(...given);
  } catch (error) {
    if (error instanceof OnnxplainError && error.code === 'shape-mismatch') return undefined;
    throw error;
  }
}

/** Whether there is no derivative here: the value jumps, as where two expressions of one number are compared and rounding decides. */
function jumps(projected: Projected, name: string, gradient: NumArray): boolean {
  return NUDGES.some((step) => {
    const { measured, size } = along(projected, name, { gradient, number: 1, step });
    return Math.abs(2 * step * measured) > JUMP * Math.max(1, size);
  });
}

const gapOf = ({ measured, claimed }: Slopes): number => Math.abs(measured - claimed);

interface Claim {
  readonly graph: Graph;
  readonly label: string;
  readonly gradient: NumArray;
  readonly name: string;
}

/**
 * How much the last digits change a value and its gradient: those of the inputs (greatly where all elements of a lane that is
 * normalised are equal) and those of the gradient's own constants, which are rounded to float32. So much differences and gradient may
 * differ. Constants that the value has too are left: differences see them as they are.
 */
function rounding(projected: Projected, { graph, label, gradient, name }: Claim) {
  const { of } = projected;
  const claimed = (found: NumArray) => along(projected, name, { gradient: found, number: 1 }).claimed;
  const [value] = interpret(graph, projected.feeds, { wanted: [of] })[of].data;
  const noise = { claim: 0, value: 0 };
  for (const k of [1, 2, 3]) {
    const shaken = interpret(shakeConstants(graph, projected.graph.constants, k), shake(projected.feeds, k), {
      wanted: [of, label],
    });
    noise.claim = Math.max(noise.claim, Math.abs(claimed(shaken[label]) - claimed(gradient)));
    noise.value = Math.max(noise.value, Math.abs(shaken[of].data[0] - value));
  }
  return noise;
}

/** Feeds with their last digits changed. */
function shake(feeds: Feeds, number: number): Feeds {
  const shaken = Object.entries(feeds).map(([name, value]) => {
    const data = value.data.map((x, i) => x * (1 + 1e-15 * wobble(`${name} ${number}`, i)));
    return [name, isFloat(value.dtype) ? { ...value, data } : value] as const;
  });
  return Object.fromEntries(shaken);
}

/** A graph whose float32 constants, but for those that are kept, are their neighbours. */
function shakeConstants(graph: Graph, kept: Graph['constants'], number: number): Graph {
  const constants = [...graph.constants].map(([name, constant]) => {
    if (constant.dtype !== 'float32' || kept.has(name)) return [name, constant] as const;
    const sign = (i: number) => Math.sign(wobble(`${name} ${number}`, i));
    const neighbours = numbersOf(constant).map((x, i) => x * (1 + 1.2e-7 * sign(i)));
    return [name, constantFrom('float32', constant.dims, neighbours)] as const;
  });
  return { ...graph, constants: new Map(constants) };
}

/** At ties and kinks: the gradient is what the nodes' own ones give, one after the other. */
const chained: Law = ({ graph, feeds, of }, { values }, wrt) => {
  const found = byChain(graph, feeds, of);
  for (const [i, name] of wrt.entries()) {
    const expected = found.get(name) ?? new Float64Array(values[i].data.length);
    if (!expected.every(Number.isFinite)) continue;
    const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    const gap = values[i].data.reduce((most, v, at) => Math.max(most, Math.abs(v - expected[at])), 0);
    if (!(gap <= 1e-6 * scale)) return `by ${name}: [${values[i].data}], node by node [${expected}]`;
  }
  return undefined;
};

/** Cotangents of all values as numbers, one node's vector-Jacobian product at a time. */
function byChain(graph: Graph, feeds: Feeds, of: string): ReadonlyMap<string, Float64Array> {
  const names = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const values = { ...interpret(graph, feeds, { wanted: names }), ...feeds };
  const cotangents = new Map<string, Float64Array>([[of, Float64Array.of(1)]]);
  for (const node of graph.nodes.toReversed()) {
    for (const output of node.outputs) {
      const cotangent = cotangents.get(output);
      if (cotangent === undefined) continue;
      for (const [name, part] of backThrough(graph, { node, output, cotangent, values })) {
        const before = cotangents.get(name);
        cotangents.set(name, before === undefined ? part : part.map((v, i) => v + before[i]));
      }
    }
  }
  return cotangents;
}

interface Passage {
  readonly node: Node;
  readonly output: string;
  readonly cotangent: Float64Array;
  readonly values: Readonly<Record<string, NumArray>>;
}

function backThrough(graph: Graph, { node, output, cotangent, values }: Passage): [string, Float64Array][] {
  const { dtype, dims } = values[output];
  if (!isFloat(dtype)) return [];
  const uses = [...new Set(usesOf(node))];
  const fed = uses.filter((name) => !graph.constants.has(name));
  const one: Graph = {
    ...graph,
    inputs: fed.map((name) => ({ name, dtype: values[name].dtype, dims: values[name].dims })),
    outputs: [{ name: output, dtype, dims }],
    constants: new Map([...graph.constants].filter(([name]) => uses.includes(name))),
    nodes: [node],
  };
  const feeds = Object.fromEntries(fed.map((name) => [name, values[name]]));
  const wrt = fed.filter((name) => isFloat(values[name].dtype));
  const all = wrt.length > 0 ? derivative(one, output, wrt) : undefined;
  const graphs =
    all !== undefined || wrt.length < 2 ? [all] : wrt.map((name) => derivative(one, output, [name]));
  const parts = all === undefined ? wrt.map((name) => [name]) : [wrt];
  return graphs.flatMap((back, i): [string, Float64Array][] => {
    if (back === undefined) return [];
    const into = back.inputs.at(-1)?.name ?? '';
    const found = interpret(back, { ...feeds, [into]: { dtype, dims, data: cotangent } });
    const names = back.outputs.slice(-parts[i].length);
    return parts[i].map((name, at) => [name, found[names[at].name].data]);
  });
}

/** The product with a node's Jacobian; undefined where it does not depend on each of these inputs. */
function derivative(graph: Graph, of: string, wrt: readonly string[]): Graph | undefined {
  try {
    return vjp(graph, { of, wrt });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'no-gradient') return undefined;
    throw error;
  }
}

/** Those of some inputs that a projection depends on. */
function inputsBehind({ graph, of }: Projected, names: readonly string[]): string[] {
  const behind = new Set([of]);
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((name) => behind.has(name))) for (const name of usesOf(node)) behind.add(name);
  }
  return names.filter((name) => behind.has(name));
}
