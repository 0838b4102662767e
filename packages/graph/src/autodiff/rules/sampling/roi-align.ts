import { attr } from '../../../builder/builder.js';
import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleContext } from '../rule.js';
import {
  beside,
  fromRows,
  type Interpolation,
  readingOf,
  rowsOf,
  tapped,
  toCoordinate,
  toRows,
} from './reading.js';
import { type RegionAxis, spanOf, weightsOf } from './span.js';
import { wide } from './wide.js';

/**
 * Samples in the cells of a region are read by linear interpolation; a cell is their mean, or the greatest of all their weighted
 * elements. The derivative goes on to the region's corners, where torchvision's stops.
 */
export const roiAlign: Rule = wide((b, step, dy) => {
  const [x, rois, rows] = step.inputs;
  const spans = [spanOf(b, step, 0), spanOf(b, step, 1)];
  const reading = readingOf(b, {
    rows: rowsOf(b, x),
    batch: b.reshape(b.cast(rows, 'int64'), [-1, 1, 1, 1, 1]),
    along: spans.map(({ taps, on }) => [taps, on] as const),
  });
  // [regions, height, width, taps along y, taps along x, C]
  const cells = b.unsqueeze(b.transpose(dy, [0, 2, 3, 1]), [3, 4]);
  const isMean = attributesOf(step.node, 'RoiAlign').mode === 'avg';
  const d = isMean ? cells : toGreatest(b, reading, { cells, spans });
  const [[top, bottom], [left, right]] = spans.map((span, a) => toEnds(b, reading, { d, span, a }));
  const corners = left && top && right && bottom ? b.concat([left, top, right, bottom], 1) : undefined;
  return [
    isMean ? meanToFeatures(b, step, { dy, spans }) : fromRows(b, toRows(b, reading, d), { like: x }),
    corners && b.reshapeLike(corners, rois),
  ];
});

interface Mean {
  readonly dy: string;
  readonly spans: readonly RegionAxis[];
}

/**
 * Means are products: y[r] = V[r] x[row r] W[r]', and all regions go back in two of them. Adding up the taps one by one takes longer,
 * and holds every tap of every region at a time.
 */
function meanToFeatures(b: MathBuilder, step: RuleContext, { dy, spans }: Mean): string {
  const [x, rois, rows] = step.inputs;
  const [batch, channels, height, width] = b.others(x, []).map((axis) => ({ of: x, axis }));
  const [v, w] = spans.map((span) => weightsOf(b, span, rois));
  // [regions, output width, H, C]: a column of cells at a time.
  const columns = b.matmul(b.unsqueeze(b.transpose(v, [0, 2, 1]), [1]), b.transpose(dy, [0, 3, 2, 1]));
  const isRow = b.compare('Equal', b.unsqueeze(b.cast(rows, 'int64'), [1]), positionsAlong(b, x, 0));
  // [regions, output width, N, W]
  const inRow = b.mul(b.unsqueeze(w, [2]), b.unsqueeze(b.mask(isRow, w), [1, 3]));
  const all = b.matmul(b.transpose(flattened(b, inRow), [1, 0]), flattened(b, columns));
  return b.transpose(b.reshape(all, [batch, width, height, channels]), [0, 3, 2, 1]);
}

/** [i, j, k, l] -> [i j, k l]. */
function flattened(b: MathBuilder, x: string): string {
  const [, , k, l] = b.others(x, []).map((axis) => b.sizes([{ of: x, axis }]));
  return b.emit('Reshape', [x, b.concat([b.ints([-1]), b.mul(k, l)], 0)]);
}

interface Cells {
  /** [regions, height, width, 1, 1, C]. */
  readonly cells: string;
  readonly spans: readonly RegionAxis[];
}

/** The cotangent where a cell's greatest weighted tap is, the first of equal ones, and zeros elsewhere. */
function toGreatest(b: MathBuilder, reading: Interpolation, { cells, spans }: Cells): string {
  const values = b.mul(beside(b, reading.weight), tapped(b, reading));
  const scores = spans.reduce(
    (all, { missing }) => (missing === undefined ? all : b.add(all, beside(b, missing))),
    values,
  );
  const shape = [0, 1, 2, -1, 5].map((axis) => (axis < 0 ? -1 : { of: cells, axis }));
  const flat = b.reshape(scores, shape);
  const first = b.emit('ArgMax', [flat], { axis: attr.int(3), keepdims: attr.int(1) });
  const chosen = b.compare('Equal', b.reshape(positionsAlong(b, flat, 3), [-1, 1]), first);
  return b.reshapeLike(b.where(chosen, b.squeeze(cells, [3]), 0), scores);
}

interface Ends {
  readonly d: string;
  readonly span: RegionAxis;
  /** Which axis the span is of. */
  readonly a: number;
}

/** Cotangents of where the regions start and end along an axis, [regions, 1] each. */
function toEnds(
  b: MathBuilder,
  reading: Interpolation,
  { d, span, a }: Ends,
): readonly (string | undefined)[] {
  const found = toCoordinate(b, reading, { d, a });
  if (found === undefined) return [undefined, undefined];
  const other = [2 - a, 4 - a];
  const taps = b.squeeze(b.sum(found, other), other);
  const pairs = b.reshape(taps, [{ of: taps, axis: 0 }, { of: taps, axis: 1 }, -1, 2]);
  const samples = b.mul(b.squeeze(b.sum(pairs, [3]), [3]), span.scale);
  const total = (value: string) => b.squeeze(b.sum(value, [1, 2]), [2]);
  const end = total(b.mul(samples, span.share));
  return [b.sub(total(samples), end), end];
}
