import { attr } from '../../../builder/builder.js';
import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleContext } from '../rule.js';
import { scatterAdd } from '../scatter-add.js';
import { type SampledAxis, sizeTerm } from './coordinate.js';
import { inFloat32OrWider } from './float32-or-wider.js';
import { channelsLastRows, rowsToChannels } from './interpolation.js';
import { divideExactly, range, rangeToMax } from './samples.js';

/** The cotangent of a cell goes to its maximum, the first in row-major order. Regions are rounded, so that their cotangent is 0. */
export const maxRoiPool: Rule = inFloat32OrWider((b, step, dy) => {
  const [x] = step.inputs;
  const windows = [windowsOf(b, step, 0), windowsOf(b, step, 1)];
  const rows = channelsLastRows(b, x);
  const row = argmaxRows(b, step, { rows, windows });
  const channels = { of: x, axis: 1 };
  const element = b.add(b.mul(row, b.sizes([channels])), positionsAlong(b, x, 1));
  const some = windows.map(({ nonEmpty: some }) => some).reduce((all, one) => b.emit('And', [all, one]));
  const updates = b.mul(b.transpose(dy, [0, 2, 3, 1]), b.mask(some, dy));
  const flat = (value: string) => b.reshape(value, [-1]);
  const data = flat(b.zeros(rows));
  const sums = scatterAdd(b, 'ScatterElements', {
    data,
    indices: flat(element),
    updates: flat(updates),
    axis: 0,
  });
  return [rowsToChannels(b, b.reshapeLike(sums, rows), { like: x })];
});

/** The elements that the cells of all regions cover along y or x. */
interface Windows {
  readonly on: SampledAxis;
  /**
   * Index (int64) and whether it belongs to the cell (bool), broadcastable to [regions, height, width, elements along y, elements along x].
   */
  readonly index: string;
  readonly inside: string;
  /** Whether a cell covers any element, broadcastable to [regions, height, width, 1]. */
  readonly nonEmpty: string;
}

function windowsOf(b: MathBuilder, step: RuleContext, axis: 0 | 1): Windows {
  const on: SampledAxis = { size: { of: step.inputs[0], axis: axis + 2 } };
  const { from, to } = boundsOf(b, step, { axis, on });
  const positions = b.add(b.unsqueeze(from, [2]), rangeToMax(b, b.sub(to, from)));
  const inside = b.compare('Less', positions, b.unsqueeze(to, [2]));
  const index = b.cast(b.where(inside, positions, 0), 'int64');
  const put = (value: string) => b.unsqueeze(value, axis === 0 ? [2, 4] : [1, 3]);
  const some = b.unsqueeze(b.compare('Less', from, to), axis === 0 ? [2, 3] : [1, 3]);
  return { on, index: put(index), inside: put(inside), nonEmpty: some };
}

/** Returns the begin and end of each cell along y or x, [regions, cells], clipped to the input. */
function boundsOf(
  b: MathBuilder,
  step: RuleContext,
  { axis, on }: { readonly axis: 0 | 1; readonly on: SampledAxis },
) {
  const rois = step.inputs[1];
  const cells = attributesOf(step.node, 'MaxRoiPool').pooled_shape[axis] ?? 1;
  // A region is (batch index, x1, y1, x2, y2).
  const corner = (column: number) => {
    const c = b.slice(rois, [{ axis: 1, from: column, to: column + 1 }]);
    return roundHalfAway(b, b.mul(c, attributesOf(step.node, 'MaxRoiPool').spatial_scale));
  };
  const [start, end] = [corner(2 - axis), corner(4 - axis)];
  const length = b.add(b.sub(end, start), 1);
  const cell = divideExactly(b, b.emit('Max', [length, b.scalar(1, length)]), cells);
  const p = range(b, cells, rois);
  const onAxis = (at: string) => {
    const last = sizeTerm(b, on, at);
    const [place, least] = [b.add(at, start), b.scalar(0, at)];
    const most = typeof last === 'number' ? b.scalar(last, at) : last;
    return b.emit('Clip', [place, least, most]);
  };
  return {
    from: onAxis(b.map('Floor', b.mul(p, cell))),
    to: onAxis(b.map('Ceil', b.mul(b.add(p, 1), cell))),
  };
}

/** Rounds to the nearest integer, halves away from zero. */
function roundHalfAway(b: MathBuilder, x: string): string {
  const size = b.map('Abs', x);
  const whole = b.map('Floor', size);
  const up = b.mask(b.compare('GreaterOrEqual', b.sub(size, whole), 0.5), x);
  return b.mul(b.sign(x), b.add(whole, up));
}

interface WindowedRows {
  /** [N H W, C]. */
  readonly rows: string;
  readonly windows: readonly Windows[];
}

/** Returns the row of the maximum of each cell and channel: [regions, height, width, C]. */
function argmaxRows(b: MathBuilder, step: RuleContext, { rows, windows }: WindowedRows): string {
  const batch = b.cast(b.slice(step.inputs[1], [{ axis: 1, from: 0, to: 1 }]), 'int64');
  const index = windows.reduce(
    (at, window) => b.add(b.mul(at, b.sizes([window.on.size])), window.index),
    b.unsqueeze(batch, [2, 3, 4]),
  );
  const inside = windows.map((window) => window.inside).reduce((all, one) => b.emit('And', [all, one]));
  const flat = (value: string) => b.reshape(value, [...[0, 1, 2].map((axis) => ({ of: index, axis })), -1]);
  const positions = flat(index);
  const seen = b.where(
    b.unsqueeze(flat(inside), [4]),
    b.emit('Gather', [rows, positions]),
    Number.NEGATIVE_INFINITY,
  );
  const first = b.emit('ArgMax', [seen], { axis: attr.int(3), keepdims: attr.int(0) });
  return b.emit('GatherElements', [positions, first], { axis: attr.int(3) });
}
