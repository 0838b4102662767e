import type { Model } from '../model/model.js';
import { classAxisIn } from './class-axis.js';
import type { ModelFunction } from './model-function.js';
import { isOneAxis } from './output-sizes.js';
import type { RowSizes } from './selection.js';
import { isAxesTarget, type Target } from './target.js';
import { selectAxes } from './target-axes.js';

/** The class that a target names, and the classes that it competes with. */
export interface CompetingClasses {
  /** The function that gives the numbers of these classes, one axis after the batch but for axes of size 1. */
  readonly fn: ModelFunction;
  readonly count: number;
  readonly target: number;
}

export interface CompetingOptions {
  readonly target: Target;
  readonly sizes: RowSizes;
  /** The axis of classes that the caller named. */
  readonly classAxis?: number;
}

/**
 * Finds the classes at the place of a target. Undefined where the target is not one entry, where the axis of classes or its size is not
 * known, and where there is only one class.
 */
export function competingClasses(
  model: Model,
  whole: ModelFunction,
  { target, sizes, classAxis }: CompetingOptions,
): CompetingClasses | undefined {
  const at = indicesOf(target, sizes);
  const single = isOneAxis(sizes);
  const axis = single
    ? sizes.findIndex((size) => size !== 1)
    : classAxisIn(model, whole, { sizes, named: classAxis })?.axis;
  const count = axis === undefined ? undefined : sizes[axis];
  if (at === undefined || axis === undefined || count === undefined || count < 2) return undefined;
  const fn = single ? whole : selectAxes(model, whole, { target: { at: at.with(axis, 'predicted') }, sizes });
  return { fn, count, target: Number(at[axis]) };
}

/** The index of a target on each axis; undefined where the target is not one entry, or a size is not known. */
function indicesOf(target: Target, sizes: RowSizes): readonly (number | 'predicted')[] | undefined {
  if (isAxesTarget(target)) {
    const indices = target.at.filter((each) => typeof each === 'number');
    return indices.length === sizes.length ? indices : undefined;
  }
  if (typeof target !== 'number' || sizes.length === 0) return undefined;
  const indices = new Array<number>(sizes.length).fill(0);
  let rest = target;
  for (let axis = sizes.length - 1; axis > 0; axis--) {
    const size = sizes[axis];
    if (size === undefined) return undefined;
    indices[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return indices.with(0, rest);
}
