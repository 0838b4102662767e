import type { Found } from '@onnxplain/core';
import type { AtInputs } from './at-inputs.js';
import { type Best, floatsLike, type SearchRows } from './rows.js';

interface Searched {
  readonly rows: SearchRows;
  readonly best: Best;
  readonly start: AtInputs;
  /** The input of the row. */
  readonly input: number;
}

/** What a search found for a row, added to what was known before. */
export function foundOf({ rows, best, start, input }: Searched, row: number, known: Found): Found {
  const { size, shape } = rows;
  const [forward, backward] = [best.forward[row], best.backward[row]];
  const isFound = best.norms[row] < Number.POSITIVE_INFINITY;
  return {
    n: known.n + forward + backward,
    cost: { forward: known.cost.forward + forward, backward: known.cost.backward + backward },
    ...(isFound ? { point: { shape, data: pointOf(best, row, size) } } : { above: best.reached[row] }),
    checks: {
      ...known.checks,
      ...(start.classes !== undefined && { saturated: start.isSaturated[input] !== 0 }),
      ...(backward > 0 && {
        byClasses: start.classes !== undefined,
        zeroGradients: best.zeroGradients[row] / backward,
      }),
      ...best.checks.get(row),
    },
  };
}

function pointOf({ points }: Best, row: number, size: number) {
  const point = floatsLike(points, size);
  point.set(points.subarray(row * size, (row + 1) * size));
  return point;
}
