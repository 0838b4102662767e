import { fail } from '@onnxplain/core';
import { classAxisOf, type Link } from '@onnxplain/graph';
import type { Model } from '../model/model.js';
import type { ModelFunction } from './model-function.js';
import { showSizes } from './output-sizes.js';
import type { ClassAxisChoice, RowSizes } from './selection.js';

export interface ClassAxisHints {
  readonly sizes: RowSizes;
  /** What the caller says; from 0, the batch not counted, or from -1, the last. */
  readonly named?: number;
}

/**
 * Finds the axis of classes: the one that the caller names, else the one that the graph tells, else the only one of a size other than 1.
 * Undefined where none of these tells it. Throws `option-value` for a named one that the output does not have.
 */
export function classAxisIn(
  model: Model,
  { graph, output }: ModelFunction,
  { sizes, named }: ClassAxisHints,
): ClassAxisChoice | undefined {
  const choice = (axis: number, told: string) => ({ axis, classes: sizes[axis], told });
  if (named !== undefined) return choice(namedAxis(named, sizes), 'the caller');
  const told = classAxisOf(graph, { output, rank: sizes.length + 1, readers: model.graph.nodes });
  if (told !== undefined) return choice(told.axis - 1, told.evidence);
  const long = sizes.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  return long.length === 1 ? choice(long[0], 'the only axis of several entries') : undefined;
}

/** Returns the axis that the caller names, counted from 0. Throws `option-value` where the output does not have it. */
export function namedAxis(named: number, sizes: RowSizes): number {
  const axis = named < 0 ? named + sizes.length : named;
  if (axis >= 0 && axis < sizes.length) return axis;
  return fail({
    code: 'option-value',
    where: 'classAxis',
    expected: `an axis from 0 to ${sizes.length - 1} of ${showSizes(sizes)} (after the batch), or from -1, the last`,
    got: String(named),
  });
}

interface Needed {
  readonly link: Link;
  readonly sizes: RowSizes;
}

/** Throws `not-applicable` where the axis of classes is not known. */
export function expectClassAxis(
  found: ClassAxisChoice | undefined,
  { link, sizes }: Needed,
): ClassAxisChoice {
  if (found !== undefined) return found;
  return fail({
    code: 'not-applicable',
    where: `link ${link}`,
    expected: 'one axis of classes',
    got: `axes ${showSizes(sizes)} after the batch, of which the graph tells none`,
    remedy:
      "Name it: --class-axis, option classAxis, from 0 for the first axis after the batch; or use link 'logit'.",
  });
}
