import { type Objective, zeros } from '@onnxplain/core';
import type { Oracle } from '../search/oracle.js';
import { distance, type Floats, gather, type SearchRows } from '../search/rows.js';
import { projectOrigin, type Work } from './project.js';

/** Most other classes that are tried, those with the greatest numbers at the input. */
const MOST = 9;

/**
 * Moves the points of all rows to where the nearest other class would win if the numbers of the classes were linear around the input. For
 * affine classifiers that is the answer. For others it keeps the search from going to a class that is far away. It costs one gradient for
 * each other class and input, whatever the number of sets of an input. It does nothing for scores without class scores, for targeted
 * margins, where all other classes have to lose, and where the call gives points to start from.
 */
export async function startAtNearestClass(
  {
    rows,
    oracle,
    work,
    overshoot,
  }: { readonly rows: SearchRows; readonly oracle: Oracle; readonly work: Work; readonly overshoot: number },
  points: Floats,
): Promise<void> {
  const { count, size, inputs, margins, origin } = rows;
  const { classes } = oracle;
  if (classes === undefined || classes.targeted === true || !rows.startsAtInput) return;
  const firsts = Int32Array.from(new Map(Array.from(inputs, (input, row) => [input, row] as const)).values());
  const places = new Map(Array.from(firsts, (row, place) => [inputs[row], place] as const));
  const data = origin.slice(0, firsts.length * size);
  gather(origin, firsts, { into: data, size });
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  for (let rank = 0; rank < Math.min(MOST, classes.count - 1); rank++) {
    const { values, gradients } = await oracle.fullSlopes({ data, owners: firsts }, overOther(rank));
    for (let row = 0; row < count; row++) {
      const place = places.get(inputs[row]) ?? 0;
      const [from, to] = [place * size, (place + 1) * size];
      const value = values[place] + overshoot * margins[row];
      const linear = { value, gradient: gradients.subarray(from, to), at: data.subarray(from, to) };
      if (!projectOrigin({ rows, work }, row, linear)) continue;
      const norm = work.isReached ? distance(rows, row, { data: work.aim, at: 0 }) : Number.POSITIVE_INFINITY;
      if (!(norm < nearest[row])) continue;
      nearest[row] = norm;
      points.set(work.aim, row * size);
    }
  }
}

/** The number of the label less that of another class: the greatest of the others (rank 0), the next one (rank 1), and so on. */
const overOther =
  (rank: number): Objective =>
  (numbers, labels) => {
    const [n, count] = numbers.shape;
    const values = new Float64Array(n);
    const weights = zeros(numbers.shape, numbers);
    for (let i = 0; i < n; i++) {
      const label = typeof labels === 'number' ? labels : labels[i];
      const row = numbers.data.subarray(i * count, (i + 1) * count);
      const others = Array.from(row, (_, k) => k).filter((k) => k !== label);
      const other = others.sort((a, b) => row[b] - row[a])[rank];
      values[i] = row[label] - row[other];
      weights.data[i * count + label] = 1;
      weights.data[i * count + other] = -1;
    }
    return { values, weights };
  };
