import { isWorthKernels, storeRows } from './four-rows.js';
import { kernels } from './instance.js';

/** Points start + share·step. */
export interface Line {
  readonly start: Float64Array;
  readonly step: Float64Array;
}

/** Writes a point of the line for each share into a row of `out`, computed in float64 and rounded to the type of `out`. */
export function writePoints(out: Float32Array | Float64Array, line: Line, shares: Float64Array): void {
  const size = line.start.length;
  if (out instanceof Float32Array && isWorthKernels(size)) writeRounded(out, line, shares);
  else {
    for (let i = 0; i < shares.length; i++) {
      for (let j = 0; j < size; j++) out[i * size + j] = line.start[j] + shares[i] * line.step[j];
    }
  }
}

function writeRounded(out: Float32Array, { start, step }: Line, shares: Float64Array): void {
  const all = kernels();
  const [n, size] = [shares.length, start.length];
  for (let from = 0; from < size; from += all.columns) {
    const to = Math.min(size, from + all.columns);
    const width = to - from;
    all.first.set(start.subarray(from, to));
    all.second.set(step.subarray(from, to));
    for (let first = 0; first < n; first += 4) {
      // A row of odd width writes over the first number of the next one, which is computed after it.
      for (let i = first; i < Math.min(n, first + 4); i++)
        all.writePoint(width, 4 * (i - first) * width, shares[i]);
      storeRows(all, { data: out, n }, { first, from, to });
    }
  }
}
