import { attributesOf } from '../ir/attributes.js';
import { numArray } from './array.js';
import type { Call, EvalRow } from './call.js';

/** Lowest and highest coordinate on both axes. */
type Box = readonly [low0: number, low1: number, high0: number, high1: number];

/** Reads a box: two opposite corners in any order, or (x centre, y centre, width, height). */
function boxOf(call: Call, [a, b, c, d]: Float64Array): Box {
  if (attributesOf(call.node, 'NonMaxSuppression').center_point_box)
    return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

const area = ([a, b, c, d]: Box): number => (c - a) * (d - b);

/** Area of the intersection divided by area of the union; 0 if the boxes do not intersect. */
function intersectionOverUnion(x: Box, y: Box): number {
  const common: Box = [
    Math.max(x[0], y[0]),
    Math.max(x[1], y[1]),
    Math.min(x[2], y[2]),
    Math.min(x[3], y[3]),
  ];
  if (common[2] <= common[0] || common[3] <= common[1]) return 0;
  return area(common) / (area(x) + area(y) - area(common));
}

/**
 * For each batch and class, selects boxes by falling score that overlap no selected box by more than the threshold. Returns [selected, 3]:
 * batch, class, box.
 */
export const nonMaxSuppression: EvalRow = (call) => {
  const [boxes, scores] = [call.input(0), call.input(1)];
  const [most, threshold, least] = [2, 3, 4].map((i) => call.inputs[i]?.data[0]);
  const [batches, classes, count] = scores.dims;
  const selected: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const box = (i: number) =>
      boxOf(call, boxes.data.subarray((batch * count + i) * 4, (batch * count + i + 1) * 4));
    for (let label = 0; label < classes; label++) {
      const score = (i: number) => scores.data[(batch * classes + label) * count + i];
      const order = Array.from({ length: count }, (_, i) => i)
        .filter((i) => least === undefined || score(i) > least)
        .sort((i, j) => score(j) - score(i) || i - j);
      const kept: number[] = [];
      for (const i of order) {
        if (kept.length >= (most ?? 0)) break;
        if (kept.every((k) => intersectionOverUnion(box(i), box(k)) <= (threshold ?? 0))) kept.push(i);
      }
      selected.push(...kept.flatMap((i) => [batch, label, i]));
    }
  }
  return numArray('int64', [selected.length / 3, 3], selected);
};
