import { builderOf, type GraphBuilder } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { numbersOf } from '../ir/constant.js';
import { opOf } from '../ir/ops.js';
import { usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewrite } from '../rewrite/rewrite.js';
import { type NeededPart, needsOfPosition, type Position } from './positions.js';

/** An end index beyond every axis. */
const END = 2 ** 31 - 1;

/**
 * Moves a Gather of one position along an axis, such as the class token, before the matrix products, normalisations and elementwise
 * operators whose other positions nothing reads. Values stay the same. Values in `kept`, and graphs in which no matrix product gets
 * smaller, stay as they are.
 */
export function gatherEarly(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  if (!graph.nodes.some(({ op }) => op === 'Gather')) return graph;
  const found = findNeeds(graph, kept);
  const isSmaller = ({ op, outputs }: Node) => op === 'MatMul' && found.narrowed.has(outputs[0]);
  return graph.nodes.some(isSmaller) ? prune(rewrite(graph, narrowing(found))) : graph;
}

interface Needs {
  /** The values of which one position is needed, and whose nodes can give only that: with what the node needs of its inputs. */
  readonly narrowed: ReadonlyMap<string, readonly NeededPart[]>;
  /** The position that each Gather takes, by its output. */
  readonly taken: ReadonlyMap<string, Position>;
}

/** Finds what is needed of each value, from the last node to the first. */
function findNeeds(graph: Graph, kept: ReadonlySet<string>): Needs {
  const b = builderOf(graph);
  const needs = new Map<string, NeededPart>(
    [...graph.outputs.map(({ name }) => name), ...kept].map((name) => [name, 'all']),
  );
  const narrowed = new Map<string, readonly NeededPart[]>();
  const taken = new Map<string, Position>();
  const require = (name: string, need: NeededPart) => {
    const known = needs.get(name) ?? need;
    needs.set(name, isSame(known, need) ? need : 'all');
  };
  for (const node of graph.nodes.toReversed()) {
    const [y] = node.outputs;
    const position = takenPosition(b, node);
    const need = node.outputs.length === 1 ? needs.get(y) : undefined;
    const ofInputs =
      need === undefined || need === 'all'
        ? undefined
        : needsOfPosition(node, need, (name) => b.typeOf(name)?.dims);
    if (position !== undefined) {
      taken.set(y, position);
      require(node.inputs[0], position);
    } else if (ofInputs !== undefined) {
      narrowed.set(y, ofInputs);
      for (const [i, name] of node.inputs.entries()) require(name, ofInputs[i]);
    } else for (const name of usesOf(node)) require(name, 'all');
  }
  return { narrowed, taken };
}

const isSame = (one: NeededPart, other: NeededPart): boolean =>
  one !== 'all' && other !== 'all' && one.axis === other.axis && one.index === other.index;

/** Returns the position that a Gather with one constant index takes. */
function takenPosition(
  b: Pick<GraphBuilder, 'constantOf' | 'typeOf'>,
  { op, domain, inputs, ...node }: Node,
): Position | undefined {
  const index = op === 'Gather' && domain === '' ? b.constantOf(inputs[1]) : undefined;
  const dims = index && b.typeOf(inputs[0])?.dims;
  if (dims === undefined || index?.data.length !== 1 || index.dims.length > 1) return undefined;
  const { axis: given } = attributesOf({ op, domain, inputs, ...node }, 'Gather');
  const axis = given < 0 ? given + dims.length : given;
  const [number] = numbersOf(index);
  const size = dims[axis];
  return { axis, index: number < 0 && typeof size === 'number' ? number + size : number };
}

/** Computes the needed position of values beside them, from which each Gather then takes it; the values themselves are pruned. */
function narrowing({ narrowed, taken: positions }: Needs): NodeRule {
  const found = new Map<string, string>();
  const part = (b: GraphBuilder, name: string, need: NeededPart): string => {
    if (need === 'all') return name;
    const span = { axis: need.axis, from: need.index, to: need.index === -1 ? END : need.index + 1 };
    return found.get(name) ?? mathBuilder(b).slice(name, [span]);
  };
  return (node, b) => {
    const [y] = node.outputs;
    const position = positions.get(y);
    if (position !== undefined) {
      if (!narrowed.has(node.inputs[0])) return undefined;
      const taken = part(b, node.inputs[0], position);
      return [b.rank(node.inputs[1]) === 0 ? mathBuilder(b).squeeze(taken, [position.axis]) : taken];
    }
    const needs = narrowed.get(y);
    if (needs !== undefined) {
      const inputs = node.inputs.map((name, i) => (name === '' ? '' : part(b, name, needs[i])));
      const [first] = needs;
      found.set(y, narrowNode(b, node, { inputs, axis: first === 'all' ? 0 : first.axis }));
    }
    return undefined;
  };
}

/** Emits a node for one position. A Reshape gets its sizes anew: those before the axis are those of x. */
function narrowNode(
  b: GraphBuilder,
  node: Node,
  { inputs, axis }: { readonly inputs: readonly string[]; readonly axis: number },
): string {
  if (node.op !== 'Reshape') return b.emit(opOf(node), inputs, node.attributes);
  const [x] = inputs;
  const before = Array.from({ length: axis }, (_, i) => ({ of: x, axis: i }));
  const after = (b.preview(node)[0]?.dims ?? []).slice(axis + 1).map(Number);
  return mathBuilder(b).reshape(x, [...before, 1, ...after]);
}
