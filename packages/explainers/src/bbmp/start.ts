import { type Score, type Tensor, tensor } from '@onnxplain/core';
import { type MaskMap, spreadMask } from './mask.js';
import { maskedInput } from './perturbed.js';

/** The share of the drop that the first mask must reach. */
const SUFFICIENT = 0.99;

interface Ends {
  readonly x: Tensor;
  readonly reference: Tensor;
  readonly atX: number;
  readonly atReference: number;
}

/**
 * The smallest centred ball of the grid, at 0 inside and 1 outside, that lowers f by 99 % of its drop to the reference. Evaluates a row for
 * each radius.
 */
export async function smallestBall(
  f: Score,
  map: MaskMap,
  ends: Ends,
): Promise<{ readonly mask: Float64Array; readonly rows: number }> {
  const { x, reference, atX, atReference } = ends;
  const masks = ballsOf(map);
  const still = map.sizes.map(() => 0);
  const inputs = masks.map((mask) =>
    maskedInput(x, reference, { mask: spreadMask(map, mask, still), of: map.features.of }),
  );
  const size = x.data.length;
  const batch = tensor(new Float64Array(inputs.length * size), [inputs.length, ...x.shape]);
  inputs.forEach(({ data }, i) => {
    batch.data.set(data, i * size);
  });
  const values = await f.value(batch);
  const found = values.findIndex((value) => atX - value >= SUFFICIENT * (atX - atReference));
  return { mask: masks[found < 0 ? masks.length - 1 : found], rows: masks.length };
}

/** All centred balls of the grid, from the smallest to the whole grid. */
function ballsOf({ cells }: MaskMap): readonly Float64Array[] {
  const total = cells.reduce((product, count) => product * count, 1);
  const squares = Float64Array.from({ length: total }, (_, i) => squareFromCentre(cells, i));
  const radii = [...new Set(squares)].sort((a, b) => a - b);
  const largest = Math.max(...cells);
  // One radius for each half cell is enough.
  const steps = Array.from({ length: 2 * largest }, (_, k) => ((k + 1) / 2) ** 2);
  const chosen = steps.filter((square) => square < radii[radii.length - 1]);
  return [...chosen, radii[radii.length - 1]].map((square) => squares.map((each) => Number(each > square)));
}

function squareFromCentre(cells: readonly number[], index: number): number {
  let [rest, square] = [index, 0];
  for (const count of [...cells].reverse()) {
    square += ((rest % count) - (count - 1) / 2) ** 2;
    rest = Math.floor(rest / count);
  }
  return square;
}
