import type { Curve } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { meanCurves } from './curves.js';
import { drawCurves, ticks } from './page/curves.js';
import type { EstimateCell } from './record.js';

const cellOf = (input: number, explainer: number, curve?: Curve): EstimateCell => ({
  ...{ input, explainer, metric: 0, status: 'done', key: { hi: 0, lo: 0 }, curve },
  estimate: { kind: 'exact', value: 1 },
});
const curveOf = (y: readonly number[], x: readonly number[] = [5, 10]): Curve => ({
  ...{ xLabel: 'percent of features', x, yLabel: 'f', y },
});

test('a line is the mean of the curves of an explainer, with the standard error across inputs', () => {
  const cells = [cellOf(0, 1, curveOf([1, 4])), cellOf(1, 1, curveOf([3, 4])), cellOf(0, 0, curveOf([7, 8]))];
  const { lines } = meanCurves(cells, 0) ?? { lines: [] };
  expect(lines).toEqual([
    { explainer: 0, x: [5, 10], y: [7, 8], stderr: [Number.NaN, Number.NaN], n: 1 },
    { explainer: 1, x: [5, 10], y: [2, 4], stderr: [1, 0], n: 2 },
  ]);
});

test('curves at other x, of other metrics and of cells without one are left out', () => {
  const others = [
    cellOf(1, 0, curveOf([9, 9], [1, 2])),
    cellOf(2, 0),
    { ...cellOf(3, 0, curveOf([5, 5])), metric: 1 },
  ];
  const { lines } = meanCurves([cellOf(0, 0, curveOf([1, 2])), ...others], 0) ?? { lines: [] };
  expect(lines).toMatchObject([{ y: [1, 2], n: 1 }]);
  expect(meanCurves([cellOf(0, 0)], 0)).toBeUndefined();
});

test.each([
  [0, 1],
  [-3.2, 17],
  [1e-4, 3e-4],
  [5, 45],
])('the marks of an axis from %d to %d lie inside, equally far apart', (low, high) => {
  const marks = ticks({ low, high });
  expect(marks.length).toBeGreaterThanOrEqual(3);
  expect(marks.length).toBeLessThanOrEqual(7);
  const slack = 1e-9 * (high - low);
  for (const mark of marks) expect(mark >= low - slack && mark <= high + slack).toBe(true);
  marks.slice(1).forEach((mark, i) => {
    expect(mark - marks[i]).toBeCloseTo(marks[1] - marks[0], 9);
  });
});

test('a plot has a path for each line from the left to the right end, higher for greater numbers', () => {
  const cells = [cellOf(0, 0, curveOf([1, 1])), cellOf(0, 1, curveOf([2, Number.NaN]))];
  const curves = meanCurves(cells, 0);
  const { markup } = drawCurves(curves ?? { xLabel: '', yLabel: '', lines: [] }, ['<a>', 'b']);
  const paths = [...markup.matchAll(/<path d="M([\d.]+) ([\d.]+)(?:L([\d.]+) ([\d.]+))?"/g)].map((match) =>
    match.slice(1).map(Number),
  );
  expect(paths).toHaveLength(2);
  const [[left, low, right, again], [start, high]] = paths;
  expect(right).toBeGreaterThan(left);
  expect(again).toBe(low);
  expect(start).toBe(left);
  expect(high).toBeLessThan(low);
  expect(markup).toContain('&lt;a&gt;');
  expect(markup).not.toMatch(/NaN|Infinity/);
});
