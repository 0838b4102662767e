import { attributesOf } from '../ir/attributes.js';
import { useCounts } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';

/**
 * Names of the pools of two elements of each window of which only the second matters. The gradient of a pool compares such a maximum with
 * that of the whole window, and multiplies by what is left of the cotangent. Where the first element has the maximum of the window, nothing
 * is left, because the comparison before took all. So the second element alone can be compared.
 */
export function lastElements(graph: Graph): ReadonlySet<string> {
  const makers = producersOf(graph.nodes);
  const uses = useCounts(graph);
  const last = graph.nodes.flatMap((node) => {
    const share = shareOf(node, makers);
    const pool = makers.get(share?.part ?? '');
    if (share === undefined || pool === undefined || !isPair(pool)) return [];
    const firstIsTaken = sharesBefore(share, makers).some(
      ({ part, whole }) => whole === share.whole && makers.get(part)?.inputs[0] === pool.inputs[0],
    );
    return firstIsTaken && share.between.every((name) => uses.get(name) === 1) ? [share.part] : [];
  });
  return new Set(last);
}

type Makers = ReadonlyMap<string, Node>;

/** A part of what is left of a cotangent: rest Cast(Equal(part, whole)). */
interface Share {
  readonly rest: string;
  /** The maximum of the first elements of each window. */
  readonly part: string;
  /** The maximum of each window. */
  readonly whole: string;
  /** Values from `part` to the product. */
  readonly between: readonly string[];
}

function shareOf(node: Node | undefined, makers: Makers): Share | undefined {
  const [rest = '', mask = ''] = node?.op === 'Mul' ? node.inputs : [];
  const cast = makers.get(mask);
  const equal = makers.get(cast?.op === 'Cast' ? cast.inputs[0] : '');
  if (equal?.op !== 'Equal') return undefined;
  const [part, whole] = equal.inputs;
  return { rest, part, whole, between: [part, equal.outputs[0], mask] };
}

/** The shares that were taken from the cotangent before. */
function sharesBefore({ rest }: Share, makers: Makers): readonly Share[] {
  const left = makers.get(rest);
  const [before, taken = ''] = left?.op === 'Sub' ? left.inputs : [];
  const share = shareOf(makers.get(taken), makers);
  return share !== undefined && share.rest === before ? [share, ...sharesBefore(share, makers)] : [];
}

/** Whether a node is a pool of two elements side by side. */
function isPair(node: Node): boolean {
  if (node.op !== 'MaxPool' || node.domain !== '') return false;
  return attributesOf(node, 'MaxPool').kernel_shape.reduce((count, size) => count * size, 1) === 2;
}
