import { fail } from '@onnxplain/core';
import { graphBuilderOf } from '../build.js';
import { attr, type Builder } from '../builder.js';
import type { Graph } from '../types.js';
import { type Derived, derived } from './derived.js';
import { isProbability } from './probability.js';
import { type Link, lowestOf } from './select.js';

export interface LinkAlongOptions {
  /** Name of the output, [N, ...axes]. */
  readonly output: string;
  readonly link: Exclude<Link, 'logit'>;
  /** The axis of classes, from 0 with the batch. */
  readonly axis: number;
  /** Its size; undefined where it is not known. */
  readonly classes: number | undefined;
}

/**
 * The link of every entry of an output, over its axis of classes at each place of the other axes; of the output's shape. 'probability':
 * Softmax over the classes, or Sigmoid for a single one, unless the output is a probability already. 'margin': the entry minus the largest
 * other one. The graph is in canonical form. Throws `not-applicable` for the margin of one class or of an unknown number.
 */
export function linkAlong(graph: Graph, options: LinkAlongOptions): Derived {
  const builder = graphBuilderOf(graph);
  const name = options.link === 'margin' ? margins(builder, options) : probabilities(builder, graph, options);
  return derived(graph, builder, name);
}

function probabilities(builder: Builder, graph: Graph, { output, axis, classes }: LinkAlongOptions): string {
  if (isProbability(graph, output)) return output;
  return classes === 1
    ? builder.emit('Sigmoid', [output])
    : builder.emit('Softmax', [output], { axis: attr.int(axis) });
}

/** The largest other entry is the largest, but for the largest itself the second; of equal ones the first counts as the largest. */
function margins(builder: Builder, { output, axis, classes }: LinkAlongOptions): string {
  if (classes === undefined || classes < 2) return refuseMargin(output, { axis, classes });
  const over = { axis: attr.int(axis), keepdims: attr.int(1) };
  const dims = builder.dims(output).map((_, i) => (i === axis ? classes : 1));
  const data = BigInt64Array.from({ length: classes }, (_, i) => BigInt(i));
  const numbers = builder.constant({ dtype: 'int64', dims, data }, 'classes');
  const isBest = builder.emit('Equal', [numbers, builder.emit('ArgMax', [output], over)]);
  const largest = (value: string) =>
    builder.emit('ReduceMax', [value, builder.ints([axis])], { keepdims: attr.int(1) });
  const hidden = builder.emit('Where', [isBest, lowestOf(builder, output), output]);
  const others = builder.emit('Where', [isBest, largest(hidden), largest(output)]);
  return builder.emit('Sub', [output, others]);
}

function refuseMargin(output: string, { axis, classes }: Pick<LinkAlongOptions, 'axis' | 'classes'>): never {
  return fail({
    code: 'not-applicable',
    where: `margin of "${output}"`,
    expected: 'a known number of classes, at least 2',
    got: `${classes ?? 'an unknown number'} along axis ${axis}`,
    remedy: "Use link 'logit', or name another axis of classes.",
  });
}
