import { builderWithin, type GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import { constantFrom } from '../ir/constant.js';
import { emptyGraph } from '../ir/empty-graph.js';
import type { Graph, Node } from '../ir/types.js';
import { input } from '../rewrite/op-rewrite.js';
import { renameGraph } from '../rewrite/rename.js';
import { type NodeRule, replayInto } from '../rewrite/rewrite.js';

/** Nodes that a loop may become. */
const MOST_NODES = 2 ** 14;

/**
 * A Loop as the nodes of all its iterations, when the number of them turns out to be known: its bound and its condition are computed as the
 * copies of the body are made, by the rule that folds constants. Undefined when they depend on data, or when it would be too long.
 */
export function unroll(node: Node, b: GraphBuilder, rule: NodeRule): readonly string[] | undefined {
  const body = attributesOf(node).graph('body');
  const trips = input(node, 0) === '' ? Number.POSITIVE_INFINITY : known(b, input(node, 0));
  const start = input(node, 1) === '' ? 1 : known(b, input(node, 1));
  if (body === undefined || trips === undefined || start === undefined) return undefined;
  const aside = builderWithin(emptyGraph({ '': b.opset }), b);
  const results = iterate({ body, trips, start, initial: node.inputs.slice(2) }, aside, rule);
  if (results === undefined) return undefined;
  const { constants, nodes } = aside.build([]);
  for (const [name, value] of constants) b.addConstant(name, value);
  for (const each of nodes) b.append(each);
  return results;
}

interface Unrolling {
  readonly body: Graph;
  readonly trips: number;
  /** The condition before the first iteration. */
  readonly start: number;
  readonly initial: readonly string[];
}

/** All iterations, one after another: the values carried out of the last and those collected. */
function iterate(
  { body, trips, start, initial }: Unrolling,
  b: GraphBuilder,
  rule: NodeRule,
): readonly string[] | undefined {
  const { constants, ...named } = renameGraph(body, b.fresh);
  for (const [name, value] of constants) b.addConstant(name, value);
  const scans: (readonly string[])[] = [];
  let condition: number | undefined = start;
  let carried = initial;
  for (let i = 0; i < trips && condition !== 0; i++) {
    const copy = copyOf({ ...named, constants: new Map() }, b);
    const values = [
      b.constant(constantFrom('int64', [], [i])),
      b.constant(constantFrom('bool', [], [1])),
      ...carried,
    ];
    const given = new Map(copy.inputs.map(({ name }, at) => [name, values[at] ?? '']));
    const [next = '', ...results] = replayInto(b, { graph: copy, given, rule });
    condition = known(b, next);
    if (condition === undefined || b.nodeCount() > MOST_NODES) return undefined;
    carried = results.slice(0, initial.length);
    scans.push(results.slice(initial.length));
  }
  const collected = body.outputs.length - 1 - initial.length;
  if (scans.length === 0 && collected > 0) return undefined;
  return [...carried, ...Array.from({ length: collected }, (_, at) => stacked(b, scans, at))];
}

/** The same nodes with new names, their own included: a graph may not have two nodes of one name. */
function copyOf(graph: Graph, b: GraphBuilder): Graph {
  const copy = renameGraph(graph, b.fresh);
  return { ...copy, nodes: copy.nodes.map((node) => ({ ...node, name: node.outputs.find(Boolean) ?? '' })) };
}

/** One value of every iteration along a new first axis. */
function stacked(b: GraphBuilder, scans: readonly (readonly string[])[], at: number): string {
  const rows = scans.map((values) => b.emit('Unsqueeze', [values[at] ?? '', b.ints([0])]));
  return b.emit('Concat', rows, { axis: attr.int(0) });
}

/** The number that a value of one element is known to hold. */
function known(b: GraphBuilder, name: string): number | undefined {
  const [element] = b.typing.elementsOf(name) ?? [];
  return typeof element === 'number' ? element : undefined;
}
