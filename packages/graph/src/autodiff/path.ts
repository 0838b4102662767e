import { isFloat } from '@onnxplain/core';
import type { Builder } from '../builder/builder.js';
import { isOp } from '../ir/ops.js';
import { usesOf } from '../ir/scope.js';
import type { Graph, Node, ValueType } from '../ir/types.js';
import { isQuantised, quantisedRefusal } from './rules/quantise.js';
import { type RuleEntry, type RuleTable, zero } from './rules/rule.js';

/** A node between `wrt` and `of`. */
export interface PathNode {
  readonly node: Node;
  /** Its backward rule, which is `zero` for a node with integer outputs only. Undefined for an operator that the table does not have. */
  readonly row: RuleEntry | undefined;
}

/** The nodes between some values and one that depends on them. */
export interface Path {
  /** The values to differentiate by. */
  readonly from: readonly string[];
  /** In topological order. A node whose derivative is zero ends the path: nodes that only it reads are not on it. */
  readonly pathNodes: readonly PathNode[];
  /** Values that may have a cotangent: floats that vary with `wrt`. */
  readonly active: ReadonlySet<string>;
  /** Values that depend on `wrt`, those without a derivative such as comparisons included. */
  readonly varying: ReadonlySet<string>;
  /** Those of `wrt` that `of` does not depend on at all. */
  readonly independent: readonly string[];
  readonly rules: RuleTable;
  /** Takes values of the path that rules computed again, with what they computed ({@link RuleContext.redefine}). */
  readonly redefine?: (name: string, value: string) => void;
  /** Returns the value that a value has with `wrt` at its baseline. Only for tables that compare with a baseline. */
  readonly reference?: (name: string) => string;
}

export interface Ends {
  readonly of: string;
  readonly wrt: readonly string[];
  readonly rules: RuleTable;
}

/** Finds the path between the ends of a graph that a builder continues. */
export function pathOf({ nodes }: Graph, { of, wrt, rules }: Ends, b: Pick<Builder, 'typeOf'>): Path {
  return findPath(nodes, { from: wrt, to: [of], rules, typeOf: (name) => b.typeOf(name) });
}

/** Between which values of a list of nodes to find a path, and the types of the values. */
export interface PathQuery {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly rules: RuleTable;
  typeOf(name: string): ValueType | undefined;
}

export function findPath(nodes: readonly Node[], query: PathQuery): Path {
  const { from, to, rules } = query;
  const { pathNodes, active, varying } = forwardReach(nodes, query);
  const reached = ancestors(nodes, to);
  const live = new Set(to);
  const kept: PathNode[] = [];
  for (const pathNode of pathNodes.toReversed()) {
    const { node, row } = pathNode;
    const passes = !isZero(row) && node.outputs.some((name) => active.has(name));
    const on = node.outputs.some((name) => (passes ? live : reached).has(name));
    if (!on) continue;
    kept.push(pathNode);
    if (!isZero(row)) for (const name of usesOf(node)) if (active.has(name)) live.add(name);
  }
  const independent = from.filter((name) => !reached.has(name));
  return { from, pathNodes: kept.reverse(), active, varying, independent, rules };
}

export const isZero = (row: RuleEntry | undefined): boolean =>
  typeof row === 'object' && row.status === 'zero';

/** Returns the rule of a node. It is `zero` for integer outputs, unless these are quantised floats. */
function rowOf(node: Node, rules: RuleTable, floats: boolean): RuleEntry | undefined {
  const known = isOp(node.op, node.domain) ? rules[node.op] : undefined;
  if (known === undefined && isQuantised(node.op)) return quantisedRefusal;
  return floats || isQuantised(node.op) ? known : zero;
}

/** Returns the nodes that depend on `from`, and the floats that have a derivative by it. */
function forwardReach(nodes: readonly Node[], { from, rules, typeOf }: PathQuery) {
  const floats = (name: string): boolean => {
    const type = typeOf(name);
    return name !== '' && (type === undefined || isFloat(type.dtype));
  };
  const active = new Set(from);
  const varying = new Set(from);
  const pathNodes: PathNode[] = [];
  for (const node of nodes) {
    const uses = usesOf(node);
    if (!uses.some((name) => varying.has(name))) continue;
    for (const name of node.outputs) varying.add(name);
    if (!uses.some((name) => active.has(name))) continue;
    const outputs = node.outputs.filter(floats);
    const row = rowOf(node, rules, outputs.length > 0);
    pathNodes.push({ node, row });
    if (!isZero(row)) for (const name of outputs) active.add(name);
  }
  return { pathNodes, active, varying };
}

/** Returns all values that some values depend on, with these values themselves. */
export function ancestors(nodes: readonly Node[], of: readonly string[]): ReadonlySet<string> {
  const reached = new Set(of);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => reached.has(name))) continue;
    for (const name of usesOf(node)) reached.add(name);
  }
  return reached;
}
