import { PLAN_VERSION, type Plan } from '../src/plan.js';

const hash = (digit: string): string => digit.repeat(64);

/** A plan of two inputs, two explainers and one metric. */
export const examplePlan = (more: Partial<Plan> = {}): Plan => ({
  format: 'onnxplain-plan',
  version: PLAN_VERSION,
  program: { onnxplain: '0.1.0', onnxruntime: '1.29.0', device: 'cpu' },
  queries: [
    {
      model: { sha256: hash('a') },
      output: 'y',
      target: 'predicted',
      link: 'logit',
      input: 'x',
      feeds: {},
      features: 'elements',
    },
  ],
  inputs: [
    { name: 'one', content: hash('1'), query: 0 },
    { name: 'two', content: hash('2'), query: 0 },
  ],
  explainers: ['gradient', 'random'],
  metrics: ['infidelity(gaussian(sigma=1))'],
  seed: 0,
  ...more,
});
