import {
  defineExplainer,
  type Explainer,
  fail,
  multiply,
  option,
  subtract,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { baselineOption, fillBaseline } from './baseline.js';
import { gradient } from './gradient.js';

const NOT_SLOPES = {
  global: 'its values are already multiplied by (x - baseline)',
  ranking: 'its values are not slopes',
} as const;

/**
 * A local explanation times (x - baseline), element by element: its global form ([Y19] section 2.5). `times-input(gradient)` is
 * known as "input times gradient". Standard errors are multiplied by |x - baseline|; diagnosis and details are those of the inner one.
 * Throws `kind-mismatch` when the inner explanation is not local.
 */
export const timesInput = defineExplainer({
  name: 'times-input',
  summary: 'A local explanation times (x - baseline): its global form.',
  options: {
    inner: option.explainer().describe('The local explanation, such as gradient.'),
    baseline: baselineOption('What x is measured from.'),
  },
  parts: (inner: Explainer) => ({ inner }),
  positional: ['inner', 'baseline'],
  example: { inner: gradient() },
  promises: ['exact-on-linear'],
  make({ inner, baseline }) {
    if (inner.kind !== 'local') refuseKind(inner, NOT_SLOPES[inner.kind]);
    return {
      kind: 'global',
      layers: inner.layers,
      control: inner.control,
      plannedCost: inner.plannedCost,
      async explain(f, x, key) {
        const { values, stderr, diagnosis, details, cost } = await inner(f, x, key);
        const step = subtract(x, fillBaseline(baseline, x.shape));
        return {
          values: multiply(values, step),
          stderr: stderr && multiply(stderr, absolute(step)),
          diagnosis,
          details,
          cost,
        };
      },
    };
  },
});

function refuseKind({ expression, kind }: Explainer, reason: string): never {
  return fail({
    code: 'kind-mismatch',
    where: 'times-input(inner)',
    expected: 'a local explanation, such as gradient or path-gradient',
    got: `${expression}, which is ${kind}: ${reason}`,
    remedy: 'Take it as it is, or give its local form (path-gradient for integrated-gradients).',
  });
}

function absolute(t: Tensor): Tensor {
  return tensor(t.data.map(Math.abs), t.shape);
}
