import { lazyRows } from '../tensor/lazy-rows.js';
import { isSafeToAdd, isTensor, SAFE_TO_ADD, type Tensor } from '../tensor/tensor.js';
import type { CompactDraws, RemovalValues } from '../types/compact-draws.js';
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

/** A bound of standard normals: `stream` gives none beyond 14. */
const MOST_NORMAL = 14;

/**
 * Whether the numbers of x, of baselines and of noise are so small that every input is finite. Where noise has no bound, it is not known.
 */
function hasFiniteRows(x: Tensor, compact: CompactDraws): boolean {
  if (!isSafeToAdd(x)) return false;
  if (compact.kind === 'keys') {
    const { centre, noise } = compact;
    const most = noise.distribution === 'normal' ? MOST_NORMAL * Math.abs(noise.scale) : noise.ball.radius;
    return most < SAFE_TO_ADD && (centre === undefined || isSafeBaseline(centre));
  }
  if (compact.kind === 'smooth-masks') return false;
  return compact.noise === undefined && isSafeBaseline(compact.baseline);
}

function isSafeBaseline(baseline: RemovalValues['baseline']): boolean {
  if (typeof baseline === 'number') return Math.abs(baseline) < SAFE_TO_ADD;
  return isSafeToAdd(isTensor(baseline) ? baseline : baseline.rows);
}
