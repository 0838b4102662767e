import { fail, guarded } from '@onnxplain/core';
import { numbersOf, rounded } from '../ir/constant.js';
import { describe, usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import type { NumArray } from './array.js';
import { callOf } from './call.js';
import { checkFeeds } from './feeds.js';
import { evalRowOf } from './table.js';

export interface InterpreterOptions {
  /** Names of the values to return, inner values included; default: the graph's outputs. Only nodes on which they depend are computed. */
  readonly wanted?: readonly string[];
  /**
   * 'float64' (default): no value is rounded to its declared type. 'declared': the float outputs of every node are rounded
   * to their declared type, as a float32 machine that accumulates in float64 would do.
   */
  readonly precision?: 'float64' | 'declared';
}

type Precision = NonNullable<InterpreterOptions['precision']>;

/** The oldest opset whose form of the operators the interpreter reads. */
const OLDEST = 18;

/** Returns a value by its name, also from the graphs around a subgraph. */
type Scope = (name: string) => NumArray | undefined;

/**
 * Computes a graph in float64 by the definitions of the ONNX standard. It is slow and simple; the tests compare other code with it.
 * It knows the operators of the canonical form, as opset 18 or newer defines them, and If, Loop and Scan.
 *
 * Throws `model-unsupported` for an older opset and `op-unknown` for any other operator (canonicalise first); `feed-*`
 * for feeds that do not fit the inputs; `shape-mismatch`, `run-failed` and others, with the name of the node, for values that an
 * operator refuses.
 */
export function interpret(
  graph: Graph,
  feeds: Readonly<Record<string, NumArray>>,
  options: InterpreterOptions = {},
): Record<string, NumArray> {
  const { wanted = graph.outputs.map((output) => output.name), precision = 'float64' } = options;
  checkOpset(graph);
  checkFeeds(graph, feeds);
  const scope = run(graph, new Map(Object.entries(feeds)), { wanted, precision, outer: () => undefined });
  return Object.fromEntries(wanted.map((name) => [name, valueIn(scope, name, 'interpret')]));
}

/** Refuses an older opset: its operators have other attributes, which the interpreter would ignore. */
function checkOpset({ opsets }: Graph): void {
  if ((opsets[''] ?? OLDEST) >= OLDEST) return;
  fail({
    code: 'model-unsupported',
    where: 'interpret',
    expected: `opset ${OLDEST} or newer`,
    got: `opset ${opsets['']}`,
    remedy: 'Canonicalise the graph first.',
  });
}

function valueIn(scope: Scope, name: string, where: string): NumArray {
  return (
    scope(name) ?? fail({ code: 'value-unknown', where, expected: 'a value of the graph', got: `"${name}"` })
  );
}

interface Run {
  readonly wanted: readonly string[];
  readonly precision: Precision;
  readonly outer: Scope;
}

/** Computes in order the nodes on which the `wanted` values depend. */
function run(graph: Graph, values: Map<string, NumArray>, { wanted, precision, outer }: Run): Scope {
  const scope: Scope = (name) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    const constant = graph.constants.get(name);
    if (constant === undefined) return outer(name);
    const decoded = { dtype: constant.dtype, dims: constant.dims, data: numbersOf(constant) };
    values.set(name, decoded);
    return decoded;
  };
  for (const node of neededNodes(graph, wanted)) {
    const results = runNode(node, scope, precision);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      const value =
        results[i] ??
        fail({
          code: 'model-invalid',
          where: describe(node),
          expected: `at most ${results.length} outputs`,
          got: `output ${i}, "${name}"`,
        });
      values.set(name, precision === 'declared' ? roundedArray(value) : value);
    });
  }
  return scope;
}

function runNode(node: Node, scope: Scope, precision: Precision): readonly NumArray[] {
  const where = describe(node);
  const row =
    evalRowOf(node.op, node.domain) ??
    fail({
      code: 'op-unknown',
      where,
      expected: 'an operator of the canonical form',
      got: node.domain === '' ? node.op : `${node.domain}.${node.op}`,
      remedy: 'Canonicalise the graph first: that inlines local functions and rewrites other operators.',
    });
  const inputs = node.inputs.map((name) => (name === '' ? undefined : valueIn(scope, name, where)));
  const call = callOf(node, {
    inputs,
    run(graph, feeds) {
      const wanted = graph.outputs.map((output) => output.name);
      const values = new Map(graph.inputs.map((input, i) => [input.name, feeds[i]]));
      const inner = run(graph, values, { wanted, precision, outer: scope });
      return wanted.map((name) => valueIn(inner, name, where));
    },
  });
  const results = guarded(
    () => where,
    () => row(call),
  );
  return 'dtype' in results ? [results] : results;
}

function roundedArray(value: NumArray): NumArray {
  if (!value.dtype.includes('float') || value.dtype === 'float64') return value;
  return { ...value, data: value.data.map((v) => rounded(value.dtype, v)) };
}

/** The nodes on which these values depend, in the graph's order. */
function neededNodes(graph: Graph, wanted: readonly string[]): Node[] {
  const needed = new Set(wanted);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== '' && needed.has(name))) continue;
    nodes.push(node);
    for (const name of usesOf(node)) needed.add(name);
  }
  return nodes.reverse();
}
