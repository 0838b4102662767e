import { guarded, own } from '@onnxplain/core';
import { builderWithin, type GraphBuilder } from '../builder/build.js';
import { identity } from '../ir/identity.js';
import { describe, substitute } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { graphsOf, mapGraphs } from '../ir/walk.js';
import { takenBranch } from './if-branch.js';

/**
 * Rewrites one node. Returns the values that replace its outputs, or undefined to keep the node. The inputs of the node are values of the
 * builder; the nodes that the rule emits or appends take the place of the node.
 */
export type NodeRule = (node: Node, b: GraphBuilder) => readonly string[] | undefined;

/**
 * Rebuilds a graph node by node with a rule applied to each, in inner graphs too. Values keep their names: a value that a rule emits for an
 * output gets the name of the output. Readers of an output that a rule replaces by an existing value read that value. An If with a known
 * condition is replaced by the nodes of its branch.
 */
export function rewrite(graph: Graph, rule: NodeRule, outer?: GraphBuilder): Graph {
  const b = builderWithin(graph, outer);
  for (const value of graph.inputs) b.addInput(value);
  for (const [name, value] of graph.constants) b.addConstant(name, value);
  const pinned = new Set(graph.outputs.map(({ name }) => name));
  const replay: Replay = { b, rule, alias: new Map(), pinned };
  for (const node of graph.nodes) replayNode(node, replay);
  return withInferredOutputs(b.build(graph.outputs), b);
}

/** Gives outputs without a declared type the type that inference finds. */
function withInferredOutputs(graph: Graph, b: GraphBuilder): Graph {
  const { untyped } = graph;
  if (untyped === undefined) return graph;
  const left = new Set([...untyped].filter((name) => b.typeOf(name) === undefined));
  const outputs = graph.outputs.map((value) =>
    untyped.has(value.name) ? { ...value, ...b.typeOf(value.name) } : value,
  );
  return { ...graph, outputs, untyped: left.size === 0 ? undefined : left };
}

/** {@link rewrite} with rules for some standard operators; returns the graph itself where it has none of them. */
export function rewriteOps(graph: Graph, rules: Readonly<Partial<Record<string, NodeRule>>>): Graph {
  const ruleOf = ({ op, domain }: Node) =>
    domain === '' && Object.hasOwn(rules, op) ? own(rules, op) : undefined;
  const isAffected = graph.nodes.some((node) => ruleOf(node) !== undefined || graphsOf(node).length > 0);
  return isAffected ? rewrite(graph, (node, b) => ruleOf(node)?.(node, b)) : graph;
}

/**
 * Rebuilds the nodes of an inner graph in the builder of the graph around it, with the values `given` for its inputs. Returns the values
 * of its outputs. The constants of the inner graph must be values of the builder, and its names new to the builder.
 */
export function replayInto(
  b: GraphBuilder,
  { graph, given, rule }: { graph: Graph; given: ReadonlyMap<string, string>; rule: NodeRule },
): readonly string[] {
  const alias = new Map(given);
  for (const node of graph.nodes) replayNode(node, { b, rule, alias, pinned: new Set() });
  return graph.outputs.map(({ name }) => alias.get(name) ?? name);
}

interface Replay {
  readonly b: GraphBuilder;
  readonly rule: NodeRule;
  /** Values that were replaced by another one. */
  readonly alias: Map<string, string>;
  /** Names of the graph's outputs, which must still exist. */
  readonly pinned: ReadonlySet<string>;
}

function replayNode(given: Node, replay: Replay): void {
  const { b, rule } = replay;
  const current = substitute(given, (name) => replay.alias.get(name) ?? name);
  const branch = takenBranch(current, b);
  if (branch !== undefined) {
    replayBranch(current, branch, replay);
    return;
  }
  const node = rewriteInnerGraphs(current, replay);
  const mark = b.nodeCount();
  const results = guarded(
    () => describe(node),
    () => rule(node, b),
  );
  if (results === undefined) b.append(node);
  else bindResults({ node, results, mark }, replay);
}

function replayBranch(node: Node, branch: Graph, replay: Replay): void {
  const { b } = replay;
  for (const [name, value] of branch.constants) b.addConstant(name, value);
  for (const inner of branch.nodes) replayNode(inner, replay);
  bindResults({ node, results: branch.outputs.map(({ name }) => name), mark: b.nodeCount() }, replay);
}

/** Gives the results of a rule the names of the node's outputs, or records them as replacements where they must keep their own. */
function bindResults(
  { node, results, mark }: { node: Node; results: readonly string[]; mark: number },
  { b, alias, pinned }: Replay,
): void {
  for (const [i, name] of node.outputs.entries()) {
    const given = results[i] ?? '';
    const result = alias.get(given) ?? given;
    if (name === '' || result === '' || result === name) continue;
    if (b.rename(result, name, mark)) alias.set(result, name);
    else if (pinned.has(name)) b.append(identity(result, name));
    else alias.set(name, result);
  }
}

const rewriteInnerGraphs = (node: Node, { rule, b }: Replay): Node =>
  mapGraphs(node, (graph) => rewrite({ ...graph, opsets: { '': b.opset } }, rule, b));
