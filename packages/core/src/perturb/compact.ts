import { planeOf } from '../features/plane.js';
import { streamsOf } from '../random/stream.js';
import { boxRows } from '../rows/boxes.js';
import { denseRows } from '../rows/dense.js';
import { featureRows } from '../rows/features.js';
import { type RowsWriter, type RowWriter, rowByRow } from '../tensor/lazy-rows.js';
import { rows } from '../tensor/rows.js';
import { isTensor, type Tensor, zeros } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import type {
  BoxDraws,
  CompactDraws,
  MaskDraws,
  RemovalValues,
  SmoothMaskDraws,
} from '../types/compact-draws.js';
import type { Rows } from '../types/draws.js';
import { noiseWriter } from './noise-rows.js';
import { baselinesOf } from './removal-baselines.js';
import { smoothMaskWriter } from './smooth-mask.js';

/**
 * The inputs [n, ...shape of x] that compact draws of x stand for, in x's type. Draws that remove features write them into the first rows
 * of `into`, where it is given, and return these rows: of x's type, with at least n rows.
 */
export function inputsFrom(x: Tensor, compact: CompactDraws, into?: Tensor): Tensor {
  const n = countOf(compact);
  const out = into === undefined || compact.kind !== 'masks' ? zeros([n, ...x.shape], x) : rows(into, 0, n);
  inputWriter(x, compact)(out.data, 0, n);
  return out;
}

/** How many draws there are. */
export function countOf(compact: CompactDraws): number {
  switch (compact.kind) {
    case 'boxes':
      return compact.boxes.length / 4;
    case 'masks':
      return compact.n;
    default:
      return compact.to - compact.from;
  }
}

/** Returns a function that writes some of the inputs. */
export function inputWriter(x: Tensor, compact: CompactDraws): RowsWriter {
  switch (compact.kind) {
    case 'boxes':
      return rowByRow(withoutBoxes(x, compact));
    case 'masks':
      return rowByRow(withoutFeatures(x, compact));
    case 'smooth-masks':
      return rowByRow(withoutShares(x, compact));
    case 'keys':
      return noiseWriter(x, compact);
  }
}

/** Rows of the elements that compact draws of x remove; undefined where they add noise. */
export function masksFrom(x: Tensor, compact: CompactDraws): Rows | undefined {
  switch (compact.kind) {
    case 'boxes':
      return boxRows({ shape: x.shape, ...compact });
    case 'masks':
      return featureRows(compact.features, compact.removed);
    case 'smooth-masks':
      return denseRows(shares(x, compact));
    case 'keys':
      return undefined;
  }
}

function withoutBoxes(x: Tensor, compact: BoxDraws): RowWriter {
  const { boxes, channels, layout } = compact;
  const plane = planeOf('boxes', x.shape, layout);
  const absent = baselinesOf(compact, x);
  return (input, i) => {
    input.set(x.data);
    const baseline = absent(i);
    const [first, end] = channels === undefined ? [0, plane.channels] : [channels[i], channels[i] + 1];
    for (let c = first; c < end; c++) {
      for (let y = boxes[4 * i]; y < boxes[4 * i + 1]; y++) {
        const from = c * plane.channel + (y * plane.width + boxes[4 * i + 2]) * plane.pixel;
        const to = c * plane.channel + (y * plane.width + boxes[4 * i + 3]) * plane.pixel;
        for (let j = from; j < to; j += plane.pixel) input[j] = baseline[j];
      }
    }
  };
}

/** Elements from which on a call that fills them takes less time than a loop. */
const LONG_RUN = 16;

function withoutFeatures(x: Tensor, compact: MaskDraws): RowWriter {
  const { features, removed } = compact;
  const { count } = features;
  const { runs, starts } = runsByFeature(features);
  const absent = baselinesOf(compact, x);
  const level = levelOf(compact);
  return (input, i) => {
    const baseline = absent(i);
    input.set(x.data);
    for (let feature = 0; feature < count; feature++) {
      if (removed[i * count + feature] !== 1) continue;
      for (let at = starts[feature]; at < starts[feature + 1]; at++) {
        const [from, to] = [runs[2 * at], runs[2 * at + 1]];
        if (level !== undefined && to - from >= LONG_RUN) input.fill(level, from, to);
        else for (let j = from; j < to; j++) input[j] = baseline[j];
      }
    }
  };
}

/** The only number of the baselines, where there is but one. */
function levelOf({ baseline, noise }: RemovalValues): number | undefined {
  if (noise !== undefined) return undefined;
  if (typeof baseline === 'number') return baseline;
  if (!isTensor(baseline)) return undefined;
  const [first] = baseline.data;
  return baseline.data.every((value) => value === first) ? first : undefined;
}

/**
 * Consecutive elements of one feature as runs, first and end, in the order of the features. Those of a feature have the numbers
 * `starts[feature]` to `starts[feature + 1]`.
 */
function runsByFeature({ count, of }: Features): { readonly runs: Int32Array; readonly starts: Int32Array } {
  const begins = (j: number) => j === 0 || of[j] !== of[j - 1];
  const starts = new Int32Array(count + 1);
  for (let j = 0; j < of.length; j++) if (begins(j)) starts[of[j] + 1]++;
  for (let feature = 0; feature < count; feature++) starts[feature + 1] += starts[feature];
  const next = starts.slice(0, count);
  const runs = new Int32Array(2 * starts[count]);
  for (let j = 0, run = 0; j < of.length; j++) {
    if (begins(j)) {
      run = next[of[j]]++;
      runs[2 * run] = j;
    }
    runs[2 * run + 1] = j + 1;
  }
  return { runs, starts };
}

function withoutShares(x: Tensor, compact: SmoothMaskDraws): RowWriter {
  const writeShares = sharesOfElements(x, compact);
  const absent = baselinesOf(compact, x);
  return (input, i) => {
    writeShares(input, i);
    const baseline = absent(i);
    for (let j = 0; j < input.length; j++) input[j] = x.data[j] - input[j] * (x.data[j] - baseline[j]);
  };
}

function sharesOfElements(x: Tensor, { key, from, layout, ...grid }: SmoothMaskDraws): RowWriter {
  const write = smoothMaskWriter(planeOf('smooth masks', x.shape, layout), grid);
  const streamAt = streamsOf(key);
  return (out, i) => write(streamAt(from + i), out);
}

/** The shares of all elements, [n, ...shape of x] in x's type. */
function shares(x: Tensor, compact: SmoothMaskDraws): Tensor {
  const out = zeros([countOf(compact), ...x.shape], x);
  rowByRow(sharesOfElements(x, compact))(out.data, 0, countOf(compact));
  return out;
}
