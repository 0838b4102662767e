import {
  type Explainer,
  entry,
  expression,
  fail,
  multiply,
  omitDefault,
  option,
  parseOptions,
  subtract,
  type Tensor,
  tensor,
  z,
} from '@onnxplain/core';
import { type Baseline, baselineOption, fillBaseline } from './baseline.js';
import { explainer } from './explainer.js';

const options = z.strictObject({ inner: option.explainer(), baseline: baselineOption() });

const notSlopes = {
  global: 'its values hold a factor (x - baseline) already',
  ranking: 'its values are no slopes',
} as const;

export interface TimesInputOptions {
  /** What x is measured from: one number or a tensor of the input's shape; default 0. */
  readonly baseline?: Baseline;
}

/**
 * A local explanation times (x - baseline), element by element: the global form of it ([Y19] section 2.5).
 * `times-input(gradient)` is "input times gradient". Standard errors are scaled along.
 * Throws `kind-mismatch` when the inner explanation is not local.
 */
export function timesInput(inner: Explainer, given: TimesInputOptions = {}): Explainer {
  const { baseline } = parseOptions('times-input', options, { inner, ...given });
  if (inner.kind !== 'local') {
    fail({
      code: 'kind-mismatch',
      where: 'times-input(inner)',
      expected: 'a local explanation, such as gradient or path-gradient',
      got: `${inner.expression}, which is ${inner.kind}: ${notSlopes[inner.kind]}`,
      remedy: 'Take it as it is, or give its local form (path-gradient for integrated-gradients).',
    });
  }
  const identity = {
    expression: expression('times-input', [inner], { baseline: omitDefault(baseline, 0) }),
    kind: 'global',
    layers: inner.layers,
    control: inner.control,
  } as const;
  return explainer(identity, async (f, x, key) => {
    const { values, stderr, diagnosis, cost } = await inner(f, x, key);
    const step = subtract(x, fillBaseline(baseline, x.shape));
    return {
      values: multiply(values, step),
      stderr: stderr && multiply(stderr, absolute(step)),
      diagnosis,
      cost,
    };
  });
}

function absolute(t: Tensor): Tensor {
  return tensor(t.data.map(Math.abs), t.shape);
}

export const timesInputEntry = entry({
  name: 'times-input',
  summary: 'A local explanation times (x - baseline): its global form.',
  positional: ['inner', 'baseline'],
  options,
  make: ({ inner, ...rest }) => timesInput(inner, rest),
});
