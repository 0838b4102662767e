import { infer } from './infer/infer.js';
import { isFloat } from './infer/site.js';
import { isOp } from './ops.js';
import type { Row, RuleTable } from './rules/rule.js';
import { usesOf } from './scope.js';
import type { Graph, Node, ValueType } from './types.js';

/** A node between what is differentiated and what it is differentiated by. */
export interface Station {
  readonly node: Node;
  /** Its backward rule; 'zero' too when it gives integers only; undefined for an operator that the table does not know. */
  readonly row: Row | undefined;
}

/** The way from some values to one that depends on them. */
export interface Path {
  /** In topological order. Where the derivative is zero the way ends: what lies before such a node only is not on it. */
  readonly stations: readonly Station[];
  /** Values that may have a cotangent: floats that vary with `wrt`. */
  readonly active: ReadonlySet<string>;
  /** Those of `wrt` that `of` does not depend on at all. */
  readonly apart: readonly string[];
  readonly rules: RuleTable;
  /** What stands for a value with `wrt` at its baseline, where the table asks for one. */
  readonly reference?: (name: string) => string;
}

export interface Ends {
  readonly of: string;
  readonly wrt: readonly string[];
  readonly rules: RuleTable;
}

export function pathOf(graph: Graph, { of, wrt, rules }: Ends): Path {
  const types = infer(graph);
  return wayOf(graph.nodes, { from: wrt, to: [of], rules, typeOf: (name) => types.get(name) });
}

/** A way between several values of a list of nodes, whose types are looked up. */
export interface Way {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly rules: RuleTable;
  typeOf(name: string): ValueType | undefined;
}

export function wayOf(nodes: readonly Node[], way: Way): Path {
  const { from, to, rules } = way;
  const { stations, active } = ahead(nodes, way);
  const reached = ancestors(nodes, to);
  const live = new Set(to);
  const kept: Station[] = [];
  for (const station of stations.toReversed()) {
    const { node, row } = station;
    const on = node.outputs.some((name) => (isZero(row) ? reached : live).has(name));
    if (!on) continue;
    kept.push(station);
    if (!isZero(row)) for (const name of usesOf(node)) if (active.has(name)) live.add(name);
  }
  return { stations: kept.reverse(), active, apart: from.filter((name) => !reached.has(name)), rules };
}

export const isZero = (row: Row | undefined): boolean => typeof row === 'object' && row.status === 'zero';

/** Every node that varies with `from`, and the floats that do so with a derivative. */
function ahead(nodes: readonly Node[], { from, rules, typeOf }: Way) {
  const floats = (name: string): boolean => {
    const type = typeOf(name);
    return name !== '' && (type === undefined || isFloat(type.dtype));
  };
  const active = new Set(from);
  const stations: Station[] = [];
  for (const node of nodes) {
    if (!usesOf(node).some((name) => active.has(name))) continue;
    const outputs = node.outputs.filter(floats);
    const known = isOp(node.op, node.domain) ? rules[node.op] : undefined;
    const row = outputs.length === 0 ? ({ status: 'zero' } as const) : known;
    stations.push({ node, row });
    if (!isZero(row)) for (const name of outputs) active.add(name);
  }
  return { stations, active };
}

/** Every value that some depend on, themselves included. */
function ancestors(nodes: readonly Node[], of: readonly string[]): ReadonlySet<string> {
  const reached = new Set(of);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => reached.has(name))) continue;
    for (const name of usesOf(node)) reached.add(name);
  }
  return reached;
}
