import type { Estimate } from '@onnxplain/core';
import { type AttributionCell, type EstimateCell, RECORD_VERSION, type RunRecord } from '../src/record.js';
import { summarise } from '../src/summary.js';

const key = { hi: 1, lo: 2 };

const estimates: readonly (readonly [number, number, Estimate])[] = [
  [0, 0, { kind: 'mean', value: 1.234, stderr: 0.021, n: 1000 }],
  [1, 0, { kind: 'mean', value: 0.412, stderr: 0.013, n: 1000 }],
  [0, 1, { kind: 'bound', side: 'lower', value: 0.83, n: 50 }],
  [1, 1, { kind: 'invalid', reason: '3 of 1000 draws were not finite', n: 50 }],
];

const cells: readonly EstimateCell[] = [
  ...estimates.flatMap(([explainer, metric, estimate]) =>
    [0, 1].map((input): EstimateCell => {
      const shifted =
        'value' in estimate ? { ...estimate, value: estimate.value * (1 + 0.2 * input) } : estimate;
      return { input, explainer, metric, status: 'done', key, estimate: shifted };
    }),
  ),
  { input: 0, explainer: 2, metric: 0, status: 'not-applicable', reason: 'needs a local attribution' },
  {
    input: 1,
    explainer: 2,
    metric: 0,
    status: 'failed',
    code: 'run-failed',
    reason: '<script>alert(1)</script>',
  },
  { input: 0, explainer: 2, metric: 1, status: 'failed', code: 'run-failed', reason: 'out of memory' },
  { input: 1, explainer: 2, metric: 1, status: 'failed', code: 'run-failed', reason: 'out of memory' },
];

const attributions: readonly AttributionCell[] = [0, 1].flatMap((input) =>
  [0, 1, 2].map((explainer): AttributionCell => {
    if (explainer === 2 && input === 1) {
      return { input, explainer, status: 'failed', code: 'singular', reason: 'rank 3 of 784' };
    }
    return {
      input,
      explainer,
      status: 'done',
      key,
      cost: { forward: 0, backward: 50 },
      residual: 0.0012,
      details: explainer === 1 ? { precision: 0.96, reached: true } : undefined,
      sum: 3.2,
      norm: 1.1,
      file: `attributions/${input}-${explainer}.npy`,
      series:
        input === 1 && explainer === 1
          ? { inputs: [1, 2, 3], values: [0.5, -0.25, 0], names: ['a', 'b', 'c'] }
          : undefined,
      picture:
        input === 0
          ? {
              file: `pictures/${explainer}.png`,
              scale: 'diverging',
              clip: 0.2,
              percentile: 99,
              width: 28,
              height: 28,
            }
          : undefined,
    };
  }),
);

const metrics: RunRecord['metrics'] = [
  {
    name: 'infidelity',
    expression: 'infidelity(gaussian(0.1), draws=1000)',
    better: 'lower',
    units: 'squared units of f',
    source: 'Yeh et al. 2019, Def. 2.1',
    definition: { formula: 'E[(I·Φ − (f(x) − f(x−I)))²]', draws: '1000' },
  },
  {
    name: 'sensitivity-max',
    expression: 'sensitivity-max(radius=0.1)',
    better: 'lower',
    units: 'units of the attribution',
    comparable: 'same-kind',
    source: 'Yeh et al. 2019, Def. 3.1',
    definition: { ball: 'l2', radius: '0.1' },
  },
];

const explainers: RunRecord['explainers'] = [
  { expression: 'gradient', kind: 'local' },
  { expression: 'smooth(gradient, gaussian(0.1), draws=50)', kind: 'local' },
  { expression: 'integrated-gradients(steps=50)', kind: 'global' },
];

/** A record with every kind of cell, and text that would break a page that forgets to escape: for tests. */
export const sampleRecord: RunRecord = {
  schema: 'onnxplain-record',
  version: RECORD_VERSION,
  created: '2026-01-02T03:04:05.000Z',
  environment: {
    onnxplain: '0.1.0',
    onnxruntime: '1.29.0',
    node: 'v20.20.2',
    platform: 'linux x64',
    device: 'cpu',
    providers: [
      { name: 'cuda', available: false, reason: 'libcublasLt.so.13: "cannot open"' },
      { name: 'cpu', available: true },
    ],
  },
  request: {
    command: ['onnxplain', 'evaluate', 'my model.onnx', '--explainer', "it's"],
    seed: 0,
    link: 'logit',
    output: 'logits',
    bounds: [0, 1],
    preprocessing: { size: [28, 28], channels: 'grey', scale: 1 / 255 },
  },
  model: {
    file: 'my <b>model</b>.onnx',
    sha256: 'ab'.repeat(32),
    bytes: 26454,
    opsets: { 'ai.onnx': 17 },
    ops: { Conv: 2, Relu: 3 },
    parameters: 12345,
  },
  inputs: [
    {
      name: 'seven"><img src=x onerror=alert(1)>.png',
      file: 'digits/seven.png',
      sha256: 'cd'.repeat(32),
      shape: [1, 28, 28],
      target: 7,
      targetLabel: 'seven & co',
      prediction: { class: 7, label: 'seven & co', output: 12.5 },
      score: 12.5,
    },
    { name: 'row 2', shape: [3], target: 0, score: -1 },
  ],
  explainers,
  metrics,
  attributions,
  estimates: cells,
  summaries: summarise(cells, { explainers, metrics }),
  timings: {
    total: 12.3,
    parts: { explain: 4, measure: 8 },
    runtime: { seconds: 9.9 },
  },
};
