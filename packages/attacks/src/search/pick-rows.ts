import type { Searched } from './oracle.js';
import { emptyBest, floatsLike, freeElementsOf, gather } from './rows.js';

/** Some rows as rows of their own, which start at their inputs, with nothing found yet. */
export function pickRows({ rows }: Searched, picked: Int32Array): Searched {
  const { size, origin } = rows;
  const inputs = floatsLike(origin, picked.length * size);
  gather(origin, picked, { into: inputs, size });
  const free = new Uint8Array(inputs.length);
  picked.forEach((row, at) => {
    free.set(rows.free.subarray(row * size, (row + 1) * size), at * size);
  });
  return {
    rows: {
      ...rows,
      count: picked.length,
      origin: inputs,
      start: inputs,
      startsAtInput: true,
      free,
      elements: freeElementsOf(free, picked.length),
      inputs: picked.map((row) => rows.inputs[row]),
      margins: Float64Array.from(picked, (row) => rows.margins[row]),
      keys: (at) => rows.keys(picked[at]),
    },
    best: emptyBest(picked.length, size, origin),
  };
}

/** Takes what was found for some rows, and what it cost, back to all rows. */
export function returnRows({ rows, best }: Searched, part: Searched, picked: Int32Array): void {
  const { size } = rows;
  picked.forEach((row, at) => {
    best.forward[row] += part.best.forward[at];
    best.backward[row] += part.best.backward[at];
    best.zeroGradients[row] += part.best.zeroGradients[at];
    best.reached[row] = Math.max(best.reached[row], part.best.reached[at]);
    if (!(part.best.norms[at] < best.norms[row])) return;
    best.norms[row] = part.best.norms[at];
    best.points.set(part.best.points.subarray(at * size, (at + 1) * size), row * size);
  });
}
