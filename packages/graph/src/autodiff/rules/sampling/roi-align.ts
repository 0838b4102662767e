import { attr } from '../../../builder/builder.js';
import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleContext } from '../rule.js';
import { inFloat32OrWider } from './float32-or-wider.js';
import {
  channelsLastRows,
  coordinateCotangent,
  gatherTaps,
  type Interpolation,
  interpolationOf,
  rowCotangent,
  rowsToChannels,
  withChannelAxis,
} from './interpolation.js';
import { interpolationMatrix, type RegionAxis, regionAxisOf } from './region-axis.js';

/**
 * A cell is the mean of linearly interpolated samples, or the maximum of all their weighted elements. The rule gives the cotangent of the
 * features, and that of the region's corners, which torchvision does not give.
 */
export const roiAlign: Rule = inFloat32OrWider((b, step, dy) => {
  const [x, rois, rows] = step.inputs;
  const spans = [regionAxisOf(b, step, 0), regionAxisOf(b, step, 1)];
  const reading = interpolationOf(b, {
    rows: channelsLastRows(b, x),
    batch: b.reshape(b.cast(rows, 'int64'), [-1, 1, 1, 1, 1]),
    along: spans.map(({ taps, on }) => [taps, on] as const),
  });
  // [regions, height, width, taps along y, taps along x, C]
  const cells = b.unsqueeze(b.transpose(dy, [0, 2, 3, 1]), [3, 4]);
  const isMean = attributesOf(step.node, 'RoiAlign').mode === 'avg';
  const d = isMean ? cells : routeToMaximum(b, reading, { cells, spans });
  const [[top, bottom], [left, right]] = spans.map((span, a) => endCotangents(b, reading, { d, span, a }));
  const corners = left && top && right && bottom ? b.concat([left, top, right, bottom], 1) : undefined;
  return [
    isMean
      ? meanBackward(b, step, { dy, spans })
      : rowsToChannels(b, rowCotangent(b, reading, d), { like: x }),
    corners && b.reshapeLike(corners, rois),
  ];
});

interface MeanInputs {
  readonly dy: string;
  readonly spans: readonly RegionAxis[];
}

/**
 * The mean is a matrix product: y[r] = V[r] x[row r] W[r]^T, so dx[row r] adds V[r]^T dy[r] W[r]. Two products do this for all regions; a
 * scatter-add of the taps takes longer and more memory.
 */
function meanBackward(b: MathBuilder, step: RuleContext, { dy, spans }: MeanInputs): string {
  const [x, rois, rows] = step.inputs;
  const [batch, channels, height, width] = b.others(x, []).map((axis) => ({ of: x, axis }));
  const [v, w] = spans.map((span) => interpolationMatrix(b, span, rois));
  // V^T dy for each column of cells: [regions, output width, H, C].
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

/** Routes the cotangent of a cell to its greatest weighted tap, the first of equal ones; zeros elsewhere. */
function routeToMaximum(b: MathBuilder, reading: Interpolation, { cells, spans }: Cells): string {
  const values = b.mul(withChannelAxis(b, reading.weight), gatherTaps(b, reading));
  const scores = spans.reduce(
    (all, { missing }) => (missing === undefined ? all : b.add(all, withChannelAxis(b, missing))),
    values,
  );
  const shape = [0, 1, 2, -1, 5].map((axis) => (axis < 0 ? -1 : { of: cells, axis }));
  const flat = b.reshape(scores, shape);
  const first = b.emit('ArgMax', [flat], { axis: attr.int(3), keepdims: attr.int(1) });
  const chosen = b.compare('Equal', b.reshape(positionsAlong(b, flat, 3), [-1, 1]), first);
  return b.reshapeLike(b.where(chosen, b.squeeze(cells, [3]), 0), scores);
}

interface RegionEnds {
  readonly d: string;
  readonly span: RegionAxis;
  /** Index of the spatial axis. */
  readonly a: number;
}

/**
 * Returns the cotangents of the start and end of the regions along an axis, [regions, 1] each: position = start + fraction (end - start).
 */
function endCotangents(
  b: MathBuilder,
  reading: Interpolation,
  { d, span, a }: RegionEnds,
): readonly (string | undefined)[] {
  const found = coordinateCotangent(b, reading, { d, a });
  if (found === undefined) return [undefined, undefined];
  const other = [2 - a, 4 - a];
  const taps = b.squeeze(b.sum(found, other), other);
  const pairs = b.reshape(taps, [{ of: taps, axis: 0 }, { of: taps, axis: 1 }, -1, 2]);
  const samples = b.mul(b.squeeze(b.sum(pairs, [3]), [3]), span.scale);
  const total = (value: string) => b.squeeze(b.sum(value, [1, 2]), [2]);
  const end = total(b.mul(samples, span.fraction));
  return [b.sub(total(samples), end), end];
}
