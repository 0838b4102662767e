import { builderWithin, type GraphBuilder } from '../builder/build.js';
import { identity } from '../ir/identity.js';
import { substitute } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { graphsOf, mapGraphs } from '../ir/walk.js';
import { decidedBranch } from './branch.js';

/**
 * What becomes of one node: the values that stand for its outputs, or undefined to keep it as it is. Inputs of the node
 * are values of the builder; what the rule emits or appends takes the node's place.
 */
export type NodeRule = (node: Node, b: GraphBuilder) => readonly string[] | undefined;

/**
 * Replays a graph node by node through a rule, inner graphs included. Values keep their names: what a rule emits for an
 * output is named like it, and an output that an existing value stands for gives way to that value. An If whose condition
 * has become known gives way to the nodes of its branch.
 */
export function rewrite(graph: Graph, rule: NodeRule, outer?: GraphBuilder): Graph {
  const b = builderWithin(graph, outer);
  for (const value of graph.inputs) b.addInput(value);
  for (const [name, value] of graph.constants) b.addConstant(name, value);
  const pinned = new Set(graph.outputs.map(({ name }) => name));
  const replay: Replay = { b, rule, alias: new Map(), pinned };
  for (const node of graph.nodes) replayNode(node, replay);
  return b.build(graph.outputs);
}

/** {@link rewrite} with rules for some standard operators; the graph itself where it has none of them. */
export function rewriteOps(graph: Graph, rules: Readonly<Partial<Record<string, NodeRule>>>): Graph {
  const ruleOf = ({ op, domain }: Node) =>
    domain === '' && Object.hasOwn(rules, op) ? rules[op] : undefined;
  const concerned = graph.nodes.some((node) => ruleOf(node) !== undefined || graphsOf(node).length > 0);
  return concerned ? rewrite(graph, (node, b) => ruleOf(node)?.(node, b)) : graph;
}

/**
 * Replays the nodes of an inner graph into a builder around it, with values `given` for its inputs; what its outputs are then. Its
 * constants must be values of the builder, its names new to it.
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
  /** Values that another one stands for now. */
  readonly alias: Map<string, string>;
  /** Names of the graph's outputs, which must go on existing. */
  readonly pinned: ReadonlySet<string>;
}

function replayNode(given: Node, replay: Replay): void {
  const { b, rule } = replay;
  const current = substitute(given, (name) => replay.alias.get(name) ?? name);
  const branch = decidedBranch(current, b);
  if (branch !== undefined) {
    replayBranch(current, branch, replay);
    return;
  }
  const node = innerRewritten(current, replay);
  const mark = b.nodeCount();
  const results = rule(node, b);
  if (results === undefined) b.append(node);
  else adopt({ node, results, mark }, replay);
}

function replayBranch(node: Node, branch: Graph, replay: Replay): void {
  const { b } = replay;
  for (const [name, value] of branch.constants) b.addConstant(name, value);
  for (const inner of branch.nodes) replayNode(inner, replay);
  adopt({ node, results: branch.outputs.map(({ name }) => name), mark: b.nodeCount() }, replay);
}

/** Makes the results of a rule answer to the names of the node's outputs. */
function adopt(
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

const innerRewritten = (node: Node, { rule, b }: Replay): Node =>
  mapGraphs(node, (graph) => rewrite({ ...graph, opsets: { '': b.opset } }, rule, b));
