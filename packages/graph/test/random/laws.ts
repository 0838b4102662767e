/** The laws that the gradients of a random graph obey. */
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
import {
  type DirectionalDerivative,
  directionalDerivative,
  type Feeds,
  gradients,
  type Projected,
  project,
  pseudorandom,
} from '../central-differences.js';
import { loweringChanges } from '../lowering.js';
import type { RandomCase } from './random-case.js';

/** Steps of the central differences. A kink or a jump may lie within one of them, but hardly within all. */
const STEPS = [1e-5, 3e-7, 1e-4];
/** A step for functions whose jumps lie close together, such as Mod by a small number. */
const SMALLEST = 1e-10;
const TOLERANCE = 2e-6;

/** Displacements so small that a smooth function hardly changes. */
const NUDGES = Array.from({ length: 24 }, (_, i) => (i + 1) * 1e-12);
const JUMP = 1e-6;

/** Most nodes of a gradient graph whose second derivatives are checked node by node. */
const LONGEST = 60;

/** A description of a law that does not hold; undefined where all hold. */
export type Violation = string | undefined;

/** Checks first and second derivatives of all outputs of a graph by all its inputs. An error that is thrown is a violation too. */
export function violationOf(one: RandomCase): Violation {
  try {
    return check(one);
  } catch (error) {
    return `throws ${error instanceof Error ? error.stack?.split('\n').slice(0, 5).join('\n') : error}`;
  }
}

function check({ graph, feeds, tied }: RandomCase): Violation {
  const projected = project(
    graph,
    feeds,
    graph.outputs.map(({ name }) => name),
  );
  const wrt = dependencies({ ...projected, graph: canonicalise(projected.graph) }, Object.keys(feeds));
  if (wrt.length === 0) return undefined;
  const first = gradients(projected, wrt);
  verify(first.graph);
  const foreign = first.graph.nodes.find(({ op, domain }) => !isOp(op, domain));
  if (foreign !== undefined) return `the gradient has a node ${foreign.op}`;
  const changed = loweringChanges(first.graph, projected.feeds);
  if (changed !== undefined) return `lowered: ${changed}`;
  const law = tied ? agreesWithChainRule : agreesWithDifferences;
  const wrong = law(projected, first, wrt);
  if (wrong !== undefined) return `first order: ${wrong}`;
  const again = project(first.graph, projected.feeds, first.names);
  const varying = dependencies(again, wrt);
  if (varying.length === 0 || (tied && again.graph.nodes.length > LONGEST)) return undefined;
  const wrongAgain = law(again, gradients(again, varying), varying);
  return wrongAgain && `second order: ${wrongAgain}`;
}

type Law = (projected: Projected, result: ReturnType<typeof gradients>, wrt: readonly string[]) => Violation;

/**
 * The gradient agrees with central differences of one of the steps. Where it is not finite (a negative base has no derivative by its
 * exponent), it must be so node by node too.
 */
const agreesWithDifferences: Law = (projected, result, wrt) => {
  const { graph, names, values } = result;
  if (values.some(({ data }) => !data.every(Number.isFinite)))
    return agreesWithChainRule(projected, result, wrt);
  for (const [i, name] of wrt.entries()) {
    const found: DirectionalDerivative[] = [];
    for (const step of [...STEPS, SMALLEST]) {
      const derivative = withinSameShapes(projected, name, { gradient: values[i], number: 1, step });
      if (derivative === undefined) break;
      if (gapOf(derivative) <= TOLERANCE * Math.max(1, derivative.size, Math.abs(derivative.byDifference)))
        break;
      found.push(derivative);
    }
    if (found.length <= STEPS.length || jumps(projected, name, values[i])) continue;
    const noise = rounding(projected, { graph, output: names[i], gradient: values[i], name });
    if (STEPS.some((step, at) => gapOf(found[at]) <= 10 * (noise.claim + noise.value / step))) continue;
    const differences = found.map(({ byDifference }) => byDifference).join(', ');
    return `by ${name} along a direction ${found[0].byGradient}, by differences ${differences}`;
  }
  return undefined;
};

/** Undefined where the displacement changes the shape of a value, as where elements are no longer equal and Unique returns one more. */
function withinSameShapes(
  ...given: Parameters<typeof directionalDerivative>
): DirectionalDerivative | undefined {
  try {
    return directionalDerivative(...given);
  } catch (error) {
    if (error instanceof OnnxplainError && error.code === 'shape-mismatch') return undefined;
    throw error;
  }
}

/** Whether the value jumps here, as where two expressions of the same number are compared and rounding decides. */
function jumps(projected: Projected, name: string, gradient: NumArray): boolean {
  return NUDGES.some((step) => {
    const { byDifference, size } = directionalDerivative(projected, name, { gradient, number: 1, step });
    return Math.abs(2 * step * byDifference) > JUMP * Math.max(1, size);
  });
}

const gapOf = ({ byDifference, byGradient }: DirectionalDerivative): number =>
  Math.abs(byDifference - byGradient);

interface GradientOutput {
  readonly graph: Graph;
  /** The output that holds the gradient. */
  readonly output: string;
  readonly gradient: NumArray;
  readonly name: string;
}

/**
 * Estimates how much rounding changes a value and its gradient, and so how much gradient and differences may differ. It changes the last
 * digits of the inputs (with a large effect where all elements of a normalised slice are equal) and those of the constants that only the
 * gradient graph has, which are rounded to float32.
 */
function rounding(projected: Projected, { graph, output, gradient, name }: GradientOutput) {
  const { of } = projected;
  const byGradient = (found: NumArray) =>
    directionalDerivative(projected, name, { gradient: found, number: 1 }).byGradient;
  const [value] = interpret(graph, projected.feeds, { wanted: [of] })[of].data;
  const noise = { claim: 0, value: 0 };
  for (const k of [1, 2, 3]) {
    const shaken = interpret(shakeConstants(graph, projected.graph.constants, k), shake(projected.feeds, k), {
      wanted: [of, output],
    });
    noise.claim = Math.max(noise.claim, Math.abs(byGradient(shaken[output]) - byGradient(gradient)));
    noise.value = Math.max(noise.value, Math.abs(shaken[of].data[0] - value));
  }
  return noise;
}

/** Changes the last digits of feeds. */
function shake(feeds: Feeds, number: number): Feeds {
  const shaken = Object.entries(feeds).map(([name, value]) => {
    const data = value.data.map((x, i) => x * (1 + 1e-15 * pseudorandom(`${name} ${number}`, i)));
    return [name, isFloat(value.dtype) ? { ...value, data } : value] as const;
  });
  return Object.fromEntries(shaken);
}

/** Changes the last digit of the float32 constants of a graph, except those of `kept`. */
function shakeConstants(graph: Graph, kept: Graph['constants'], number: number): Graph {
  const constants = [...graph.constants].map(([name, constant]) => {
    if (constant.dtype !== 'float32' || kept.has(name)) return [name, constant] as const;
    const sign = (i: number) => Math.sign(pseudorandom(`${name} ${number}`, i));
    const neighbours = numbersOf(constant).map((x, i) => x * (1 + 1.2e-7 * sign(i)));
    return [name, constantFrom('float32', constant.dims, neighbours)] as const;
  });
  return { ...graph, constants: new Map(constants) };
}

/** For graphs with ties and kinks: the gradient equals that of the chain rule over the gradients of single nodes. */
const agreesWithChainRule: Law = ({ graph, feeds, of }, { values }, wrt) => {
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

/** Computes the cotangents of all values, one vector-Jacobian product of a single node at a time. */
function byChain(graph: Graph, feeds: Feeds, of: string): ReadonlyMap<string, Float64Array> {
  const names = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const values = { ...interpret(graph, feeds, { wanted: names }), ...feeds };
  const cotangents = new Map<string, Float64Array>([[of, Float64Array.of(1)]]);
  for (const node of graph.nodes.toReversed()) {
    for (const output of node.outputs) {
      const cotangent = cotangents.get(output);
      if (cotangent === undefined) continue;
      for (const [name, part] of inputCotangents(graph, { node, output, cotangent, values })) {
        const before = cotangents.get(name);
        cotangents.set(name, before === undefined ? part : part.map((v, i) => v + before[i]));
      }
    }
  }
  return cotangents;
}

interface NodeCotangent {
  readonly node: Node;
  readonly output: string;
  readonly cotangent: Float64Array;
  readonly values: Readonly<Record<string, NumArray>>;
}

function inputCotangents(
  graph: Graph,
  { node, output, cotangent, values }: NodeCotangent,
): [string, Float64Array][] {
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
  const all = wrt.length > 0 ? nodeVjp(one, output, wrt) : undefined;
  const graphs =
    all !== undefined || wrt.length < 2 ? [all] : wrt.map((name) => nodeVjp(one, output, [name]));
  const parts = all === undefined ? wrt.map((name) => [name]) : [wrt];
  return graphs.flatMap((back, i): [string, Float64Array][] => {
    if (back === undefined) return [];
    const into = back.inputs.at(-1)?.name ?? '';
    const found = interpret(back, { ...feeds, [into]: { dtype, dims, data: cotangent } });
    const names = back.outputs.slice(-parts[i].length);
    return parts[i].map((name, at) => [name, found[names[at].name].data]);
  });
}

/** Returns the graph of the vector-Jacobian product of a node; undefined where the node does not depend on each of these inputs. */
function nodeVjp(graph: Graph, of: string, wrt: readonly string[]): Graph | undefined {
  try {
    return vjp(graph, { of, wrt });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'no-gradient') return undefined;
    throw error;
  }
}

/** Returns the inputs that a projection depends on. */
function dependencies({ graph, of }: Projected, names: readonly string[]): string[] {
  const behind = new Set([of]);
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((name) => behind.has(name))) for (const name of usesOf(node)) behind.add(name);
  }
  return names.filter((name) => behind.has(name));
}
