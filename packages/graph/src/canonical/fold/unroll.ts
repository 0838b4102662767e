import { builderWithin, type GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { emptyGraph } from '../../ir/empty-graph.js';
import type { Graph, Node } from '../../ir/types.js';
import { input } from '../../rewrite/op-rewrite.js';
import { renameGraph } from '../../rewrite/rename.js';
import { type NodeRule, replayInto } from '../../rewrite/rewrite.js';

/** Most nodes that unrolling may create. */
const MAX_NODES = 2 ** 14;

/**
 * Unrolls a Loop whose number of iterations is known. `rule` folds constants while the copies of the body are emitted, which computes the
 * condition of each iteration. Undefined where bound or condition depend on data, or where the result would have too many nodes.
 */
export function unroll(node: Node, b: GraphBuilder, rule: NodeRule): readonly string[] | undefined {
  const { body } = attributesOf(node, 'Loop');
  const trips = input(node, 0) === '' ? Number.POSITIVE_INFINITY : knownScalar(b, input(node, 0));
  const start = input(node, 1) === '' ? 1 : knownScalar(b, input(node, 1));
  if (trips === undefined || start === undefined) return undefined;
  const unrolled = builderWithin(emptyGraph({ '': b.opset }), b);
  const results = iterate({ body, trips, start, initial: node.inputs.slice(2) }, unrolled, rule);
  if (results === undefined) return undefined;
  const { constants, nodes } = unrolled.build([]);
  for (const [name, value] of constants) b.addConstant(name, value);
  for (const each of nodes) b.append(each);
  return results;
}

interface KnownLoop {
  readonly body: Graph;
  readonly trips: number;
  /** The condition before the first iteration. */
  readonly start: number;
  readonly initial: readonly string[];
}

/** Emits all iterations. Returns the final loop-carried values, then the scan outputs. */
function iterate(
  { body, trips, start, initial }: KnownLoop,
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
    condition = knownScalar(b, next);
    if (condition === undefined || b.nodeCount() > MAX_NODES) return undefined;
    carried = results.slice(0, initial.length);
    scans.push(results.slice(initial.length));
  }
  const scanCount = body.outputs.length - 1 - initial.length;
  if (scans.length === 0 && scanCount > 0) return undefined;
  return [...carried, ...Array.from({ length: scanCount }, (_, at) => stack(b, scans, at))];
}

/** Copies a graph with fresh names for its values and nodes. */
function copyOf(graph: Graph, b: GraphBuilder): Graph {
  const copy = renameGraph(graph, b.fresh);
  return { ...copy, nodes: copy.nodes.map((node) => ({ ...node, name: node.outputs.find(Boolean) ?? '' })) };
}

/** Stacks one scan output of every iteration along a new first axis. */
function stack(b: GraphBuilder, scans: readonly (readonly string[])[], at: number): string {
  const rows = scans.map((values) => b.emit('Unsqueeze', [values[at] ?? '', b.ints([0])]));
  return b.emit('Concat', rows, { axis: attr.int(0) });
}

/** Returns the number that a value of one element holds; undefined where it is not known. */
function knownScalar(b: GraphBuilder, name: string): number | undefined {
  const [element] = b.typing.elementsOf(name) ?? [];
  return typeof element === 'number' ? element : undefined;
}
