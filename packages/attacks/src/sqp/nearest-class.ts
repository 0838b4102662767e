import { type Objective, zeros } from '@onnxplain/core';
import { searchLines } from '../search/line.js';
import type { Oracle, Searched } from '../search/oracle.js';
import { distance, gather } from '../search/rows.js';
import { projectOrigin, type Work } from './project.js';

/** Most other classes that are tried, those with the greatest numbers at the input. */
export const MOST_CLASSES = 9;

interface ClassSearch extends Searched {
  readonly oracle: Oracle;
  readonly work: Work;
}

/**
 * Records, for each row, the point where the nearest other class would win if the numbers of the classes were linear around the input,
 * found on the line through it. For affine classifiers that is the answer. For others it is a first upper bound; the steps do not start
 * there, because the class that is nearest in the linear picture is often not the nearest. It costs one gradient for each other class and
 * input, whatever the number of sets of an input, and a line search. It does nothing for scores without class scores, for targeted
 * margins, where all other classes have to lose, and where the call gives points to start from.
 */
export async function tryNearestClass({ rows, oracle, work, best }: ClassSearch): Promise<void> {
  const { count, size, inputs, origin, startsAtInput } = rows;
  const { classes } = oracle;
  if (classes === undefined || classes.targeted === true || !startsAtInput) return;
  const firsts = Int32Array.from(new Map(Array.from(inputs, (input, row) => [input, row] as const)).values());
  const places = new Map(Array.from(firsts, (row, place) => [inputs[row], place] as const));
  const data = origin.slice(0, firsts.length * size);
  gather(origin, firsts, { into: data, size });
  const points = origin.slice();
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  for (let rank = 0; rank < Math.min(MOST_CLASSES, classes.count - 1); rank++) {
    const { values, gradients } = await oracle.fullSlopes({ data, owners: firsts }, overOther(rank));
    for (let row = 0; row < count; row++) {
      const place = places.get(inputs[row]) ?? 0;
      const [from, to] = [place * size, (place + 1) * size];
      const linear = {
        value: values[place],
        gradient: gradients.subarray(from, to),
        at: data.subarray(from, to),
      };
      if (!projectOrigin({ rows, work }, row, linear) || !work.isReached) continue;
      const norm = distance(rows, row, { data: work.aim, at: 0 });
      if (!(norm < nearest[row])) continue;
      nearest[row] = norm;
      points.set(work.aim, row * size);
    }
  }
  await searchLines({ rows, oracle, best, tolerance: 2e-3 }, points);
}

/** The number of the label less that of another class: the greatest of the others (rank 0), the next one (rank 1), and so on. */
export const overOther =
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
