import { exponentOf, key, type Norm, projectRows, stream } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { freeElementsOf, type SearchRows } from '../search/rows.js';
import { stepFactor, stepIntoBall, stepOntoSphere, stepWorkOf } from './steps.js';

const [count, size] = [40, 24];
const [low, high] = [0, 1];
const random = stream(key(7));

/** A number within the bounds, at one of them every other time. */
const element = () => Math.min(high, Math.max(low, 2 * random.uniform() - 0.5));
const array = (make: () => number) => Float64Array.from({ length: count * size }, make);

function problem(norm: Norm) {
  const free = Uint8Array.from({ length: count * size }, () => random.below(2));
  const origin = array(element);
  const points = origin.map((x, i) => (free[i] === 0 ? x : element()));
  const rows: SearchRows = {
    count,
    size,
    shape: [size],
    origin,
    inputs: new Int32Array(count),
    start: origin,
    startsAtInput: true,
    free,
    elements: freeElementsOf(free, count),
    bounds: [low, high],
    margins: new Float64Array(count),
    keys: () => key(0),
    norm,
  };
  return { rows, points, gradients: array(() => random.normal()), work: stepWorkOf(rows) };
}

/** The perturbations after a step, from the definition: elements at a bound that the gradient leads across do not move. */
function changesAfter({ rows, points, gradients }: ReturnType<typeof problem>, length: number): Float64Array {
  const { free, origin } = rows;
  const moved = gradients.map((g, i) => {
    const isBlocked = (g > 0 && points[i] === low) || (g < 0 && points[i] === high);
    return isBlocked || free[i] === 0 ? 0 : g;
  });
  return points.map((point, i) => {
    const row = Math.floor(i / size);
    const slopes = moved.subarray(row * size, (row + 1) * size);
    return point - origin[i] - (length * moved[i]) / Math.hypot(...slopes);
  });
}

describe.each<Norm>(['l1', 'l2', 'linf'])('a step on a ball of the %s norm', (norm) => {
  it('leads to the input plus the projection of the perturbation, and leaves anchored elements alone', () => {
    const given = problem(norm);
    const { rows, work } = given;
    const radii = Float64Array.from({ length: count }, (_, row) => 0.1 * (row + 1));
    const changes = { shape: [count, size], data: changesAfter(given, 0.7) };
    const origin = { shape: [count, size], data: rows.origin };
    projectRows(changes, { norm, radii, free: rows.free }, { origin, bounds: rows.bounds });
    const points = given.points.slice();
    for (let row = 0; row < count; row++) {
      const factor = stepFactor({ ...given, points }, row, 0.7);
      stepIntoBall({ rows, points, work }, row, { factor, p: exponentOf(norm), radius: radii[row] });
    }
    points.forEach((point, i) => {
      expect(point).toBeCloseTo(rows.origin[i] + changes.data[i], 12);
      if (rows.free[i] === 0) expect(point).toBe(rows.origin[i]);
      expect(point >= low && point <= high).toBe(true);
    });
  });
});

it('a perturbation that is scaled to a radius is the step times one factor, cut at the bounds', () => {
  const given = problem('l2');
  const { rows, work } = given;
  const changes = changesAfter(given, 0.7);
  const points = given.points.slice();
  for (let row = 0; row < count; row++) {
    const factor = stepFactor({ ...given, points }, row, 0.7);
    stepOntoSphere({ rows, points, work }, row, { factor, radius: 0.3 });
    const own = changes.subarray(row * size, (row + 1) * size);
    own.forEach((change, j) => {
      const i = row * size + j;
      const scaled = rows.origin[i] + (0.3 * change) / Math.hypot(...own);
      expect(points[i]).toBeCloseTo(Math.min(high, Math.max(low, scaled)), 12);
    });
  }
});
