import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { capNotices } from './caps.js';

const measuredWith = (censored: readonly boolean[] | undefined): Measured => ({
  estimate: { kind: 'bound', side: 'upper', value: 1, n: 1 },
  curve: { xLabel: 'x', x: [1, 2], yLabel: 'y', y: [1, 1], ...(censored && { censored }) },
});

/** Of two metrics and two explainers at two inputs, the first metric has three caps. */
const marks = [
  [
    [
      [true, true],
      [false, false],
    ],
    [undefined, [false, false]],
  ],
  [
    [
      [false, false],
      [true, false],
    ],
    [undefined, undefined],
  ],
];
const measurements = marks.map((row) =>
  row.map((each) => ({
    key: { hi: 0, lo: 0 },
    measured: each.map((censored) => ({ status: 'done' as const, value: measuredWith(censored) })),
    differences: [],
  })),
);
const run = {
  measurements,
  explainers: [{ expression: 'gradient' }, { expression: 'random' }],
  metrics: [{ expression: 'robustness-set(minimum)' }, { expression: 'deletion' }],
};

test('points of curves that are caps are counted for each metric, with the explainers and inputs that have some', () => {
  expect(capNotices(run, ['a.png', 'b.png'])).toEqual([
    'robustness-set(minimum) of gradient, random: 3 of 8 points of the curves count as the cap, because a search found nothing, on 2 of 2 inputs, first "a.png"',
  ]);
});

test('docs/notices.md lists the notice of caps', () => {
  const listing = readFileSync(join(import.meta.dirname, '../../../docs/notices.md'), 'utf8');
  expect(listing).toContain('| `... points of the curves count as the cap`');
});
