import { fail, firstNonFinite, type Tensor } from '@onnxplain/core';
import { showDims } from '../session/value.js';
import { showSizes } from './output-sizes.js';
import type { RowSizes } from './selection.js';
import { type AxesTarget, type AxisTarget, checkTargets, isAxesTarget, type Target } from './target.js';

/** Throws what `score` throws for a target that an output with these axes after the batch does not have; unknown sizes are not checked. */
export function expectTarget(target: Target, sizes: RowSizes): void {
  if (isAxesTarget(target)) checkAxes(target, sizes);
  else checkTargets(target, sizes);
}

/** Throws `target-range` that names the axis and its size; `tensor-shape`, `feed-value` and `option-value` for the mask. */
export function checkAxes({ at, mask }: AxesTarget, sizes: RowSizes): void {
  checkAt(at, sizes);
  if (mask !== undefined) checkMask(mask, at, sizes);
}

function checkAt(at: readonly AxisTarget[], sizes: RowSizes): void {
  const shown = showSizes(sizes);
  if (at.length !== sizes.length) {
    fail({
      code: 'target-range',
      where: 'target',
      expected: `${sizes.length} entr${sizes.length === 1 ? 'y' : 'ies'}, one for each axis of ${shown} (after the batch)`,
      got: `${at.length} (${at.join(':')})`,
    });
  }
  for (const [axis, index] of at.entries()) {
    const size = sizes[axis];
    if (
      typeof index !== 'number' ||
      (index >= 0 && Number.isInteger(index) && !(index >= (size ?? index + 1)))
    )
      continue;
    const range = size === undefined ? 'an index from 0' : `an index from 0 to ${size - 1} (size ${size})`;
    const where = `target ${at.join(':')}, axis ${axis} of ${shown}`;
    fail({ code: 'target-range', where, expected: `${range}, sum, max or predicted`, got: String(index) });
  }
}

function checkMask(mask: Tensor, at: readonly AxisTarget[], sizes: RowSizes): void {
  const summed = sizes.filter((_, axis) => at[axis] === 'sum');
  const where = 'target mask';
  if (summed.length === 0) {
    const remedy = "Put 'sum' for the axes that the mask lies over.";
    fail({ code: 'option-value', where, expected: 'a target with sums', got: at.join(':'), remedy });
  }
  const fits =
    mask.shape.length === summed.length &&
    summed.every((size, i) => (size ?? mask.shape[i]) === mask.shape[i]);
  if (!fits) {
    const expected = `${showSizes(summed)}, the sizes of the axes that ${at.join(':')} sums`;
    fail({ code: 'tensor-shape', where, expected, got: showDims(mask.shape) });
  }
  const bad = firstNonFinite(mask);
  if (bad >= 0)
    fail({
      code: 'feed-value',
      where,
      expected: 'finite weights',
      got: `${mask.data[bad]} at element ${bad}`,
    });
  if (mask.data.every((weight) => weight === 0)) {
    fail({ code: 'option-value', where, expected: 'at least one weight other than 0', got: 'zeros' });
  }
}
