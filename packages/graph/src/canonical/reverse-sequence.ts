import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import { constantFrom } from '../ir/constant.js';
import type { Graph, Node } from '../ir/types.js';
import { input } from '../rewrite/op-rewrite.js';
import { rewriteOps } from '../rewrite/rewrite.js';

/**
 * Decomposes ReverseSequence: into a Slice with step -1 where every row is reversed as a whole, else into a GatherElements along the time
 * axis.
 */
export const decomposeReverseSequence = (graph: Graph): Graph =>
  rewriteOps(graph, { ReverseSequence: reverse });

function reverse(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const [x, lengths] = [input(node, 0), input(node, 1)];
  if (b.typing.typeOf(x)?.dims === undefined) return undefined;
  const { time_axis: axis } = attributesOf(node, 'ReverseSequence');
  if (areFullLengths(b, lengths, b.dims(x)[axis])) {
    return [b.emit('Slice', [x, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([axis]), b.ints([-1])])];
  }
  return [
    b.emit('GatherElements', [x, expandIndices(b, timeIndices(b, { x, lengths, axis }), x)], {
      axis: attr.int(axis),
    }),
  ];
}

/** Whether all lengths equal the size of the time axis. */
function areFullLengths(b: GraphBuilder, lengths: string, size: unknown): boolean {
  const producer = b.makerOf(lengths);
  const source = producer?.op === 'Expand' && producer.domain === '' ? input(producer, 0) : lengths;
  const known = b.typing.elementsOf(source);
  return (
    known !== undefined &&
    known.length > 0 &&
    known.every((length) => length !== undefined && length === size)
  );
}

/** Emits the time index that each output step reads: length - 1 - t before the length of the row, t after it. */
function timeIndices(
  b: GraphBuilder,
  { x, lengths, axis }: { x: string; lengths: string; axis: number },
): string {
  const [zero, one] = [0, 1].map((value) => b.constant(constantFrom('int64', [], [value])));
  const steps = b.emit('Range', [
    zero,
    b.emit('Gather', [b.shape(x), b.constant(constantFrom('int64', [], [axis]))]),
    one,
  ]);
  const t = b.emit('Unsqueeze', [steps, b.ints([1 - axis])]);
  const length = b.emit('Unsqueeze', [lengths, b.ints([axis])]);
  const back = b.emit('Sub', [b.emit('Sub', [length, one]), t]);
  return b.emit('Where', [b.emit('Less', [t, length]), back, t]);
}

/** Expands indices [time, batch] or [batch, time] to the shape of x. */
function expandIndices(b: GraphBuilder, indices: string, x: string): string {
  const more = b.ints(Array.from({ length: b.rank(x) - 2 }, (_, i) => i + 2));
  return b.emit('Expand', [b.rank(x) > 2 ? b.emit('Unsqueeze', [indices, more]) : indices, b.shape(x)]);
}
