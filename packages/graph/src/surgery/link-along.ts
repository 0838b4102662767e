import { fail } from '@onnxplain/core';
import { type OutputKind, outputKindOrLogits } from '../analysis/output-kind/output-kind.js';
import { graphBuilderOf } from '../builder/build.js';
import { attr, type Builder } from '../builder/builder.js';
import { lowestFinite } from '../builder/lowest-finite.js';
import { listOf } from '../ir/list-of.js';
import type { Graph } from '../ir/types.js';
import type { Link } from './select.js';
import { type ExtendedGraph, withOutput } from './with-output.js';

export interface LinkAlongOptions {
  /** Name of the output, [N, ...axes]. */
  readonly output: string;
  readonly link: Exclude<Link, 'logit'>;
  /** What the output holds; default: what `outputKindOf` finds in the graph, and else logits. */
  readonly holds?: OutputKind;
  /** The axis of the classes, counted from 0 with the batch axis, and its size if known. Needed only where classes are compared. */
  readonly classes?: { readonly axis: number; readonly size: number | undefined };
}

/**
 * Adds an output of the same shape that applies a link to every entry of an output of a graph in canonical form. 'probability': the entry
 * of probabilities, the exponential of log-probabilities, and of logits the Softmax over the classes, or the Sigmoid of a single class.
 * 'margin': the entry minus the largest other entry along the axis of the classes. Throws `not-applicable` where classes have to be
 * compared and their axis is not given, and for the margin of one class or of an unknown number of classes.
 */
export function linkAlong(graph: Graph, options: LinkAlongOptions): ExtendedGraph {
  const builder = graphBuilderOf(graph);
  const name = options.link === 'margin' ? margins(builder, options) : probabilities(builder, graph, options);
  return withOutput(graph, builder, name);
}

function probabilities(builder: Builder, graph: Graph, options: LinkAlongOptions): string {
  const { output, holds = outputKindOrLogits(graph, output) } = options;
  if (holds === 'probabilities') return output;
  if (holds === 'log-probabilities') return builder.emit('Exp', [output]);
  const { axis, size } = expectClasses(options);
  return size === 1
    ? builder.emit('Sigmoid', [output])
    : builder.emit('Softmax', [output], { axis: attr.int(axis) });
}

function expectClasses({ output, link, classes }: LinkAlongOptions): NonNullable<typeof classes> {
  if (classes !== undefined) return classes;
  return fail({
    code: 'not-applicable',
    where: `${link} of "${output}"`,
    expected: 'the axis of the classes',
    got: 'none',
    remedy: 'Give the axis in the option classes.',
  });
}

/**
 * Emits each entry minus the largest other one: the largest entry, or for the largest entry itself the second largest. Of equal entries the
 * first counts as the largest.
 */
function margins(builder: Builder, options: LinkAlongOptions): string {
  const { output } = options;
  const { axis, size: classes } = expectClasses(options);
  if (classes === undefined || classes < 2) return refuseMargin(output, { axis, classes });
  const over = { axis: attr.int(axis), keepdims: attr.int(1) };
  const dims = builder.dims(output).map((_, i) => (i === axis ? classes : 1));
  const data = BigInt64Array.from(listOf(classes, BigInt));
  const numbers = builder.constant({ dtype: 'int64', dims, data }, 'classes');
  const isBest = builder.emit('Equal', [numbers, builder.emit('ArgMax', [output], over)]);
  const largest = (value: string) =>
    builder.emit('ReduceMax', [value, builder.ints([axis])], { keepdims: attr.int(1) });
  const hidden = builder.emit('Where', [isBest, lowestFinite(builder, output), output]);
  const others = builder.emit('Where', [isBest, largest(hidden), largest(output)]);
  return builder.emit('Sub', [output, others]);
}

function refuseMargin(
  output: string,
  { axis, classes }: { readonly axis: number; readonly classes: number | undefined },
): never {
  return fail({
    code: 'not-applicable',
    where: `margin of "${output}"`,
    expected: 'a known number of classes, at least 2',
    got: `${classes ?? 'an unknown number'} along axis ${axis}`,
    remedy: "Use link 'logit', or give another axis of the classes.",
  });
}
