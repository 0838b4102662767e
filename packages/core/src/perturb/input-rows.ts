import { lazyRows } from '../tensor/lazy-rows.js';
import { firstNonFinite, isTensor, type Tensor } from '../tensor/tensor.js';
import type { CompactDraws } from '../types/compact-draws.js';
import type { Draws } from '../types/draws.js';
import { countOf, inputWriter } from './compact.js';

/**
 * The inputs of draws of x, [n, ...shape of x] in x's type, computed row by row when they are read, where the draws have a compact form. A
 * reader that needs rows more than once takes `draws.inputs`, which are kept.
 */
export function inputRows(x: Tensor, draws: Draws): Tensor {
  const { compact } = draws;
  if (compact === undefined) return draws.inputs;
  return lazyRows({
    n: countOf(compact),
    shape: x.shape,
    type: x.data instanceof Float32Array ? 'float32' : 'float64',
    finite: hasFiniteRows(x, compact),
    write: inputWriter(x, compact),
  });
}

/** Whether every input has only numbers of x and of a baseline, and these are finite. */
function hasFiniteRows(x: Tensor, compact: CompactDraws): boolean {
  if (compact.kind !== 'boxes' && compact.kind !== 'masks') return false;
  const { baseline, noise } = compact;
  if (noise !== undefined || firstNonFinite(x) >= 0) return false;
  if (typeof baseline === 'number') return Number.isFinite(baseline);
  return firstNonFinite(isTensor(baseline) ? baseline : baseline.rows) < 0;
}
