import {
  type Explainer,
  featureValues,
  fixed,
  key,
  norm,
  ridge,
  row,
  scale,
  type Tensor,
} from '@onnxplain/core';
import {
  deconvolution,
  deepLift,
  gradCam,
  gradCamMap,
  gradient,
  guidedBackprop,
  integratedGradients,
  kernelShap,
  leaveOneOut,
  occlusion,
  optimal,
  pathGradient,
  smooth,
  timesInput,
} from '@onnxplain/explainers';
import { expect } from 'vitest';
import { compareWithOracle, type Question } from './run.js';

const rules = { gausslegendre: 'gauss-legendre', riemann_middle: 'midpoint', riemann_left: 'left' } as const;
const inners: Readonly<Record<string, Explainer>> = {
  gradient: gradient(),
  input_x_gradient: timesInput(gradient()),
};

compareWithOracle({
  async integrated_gradients({ of, f, x, stored }) {
    const { method, n_steps, multiply_by_inputs, baseline } = of.params;
    const options = {
      steps: Number(n_steps),
      rule: rules[method as keyof typeof rules],
      baseline: typeof baseline === 'number' ? baseline : row(stored(baseline), 0),
    };
    const path = multiply_by_inputs === true ? integratedGradients(options) : pathGradient(options);
    const { values, residual } = await path(f, x, key(0));
    return { value: values.data, ...(residual === undefined ? {} : { convergence_delta: [-residual] }) };
  },

  async guided_backprop({ f, x }) {
    return { value: (await guidedBackprop()(f, x, key(0))).values.data };
  },

  async deconvolution({ f, x }) {
    return { value: (await deconvolution()(f, x, key(0))).values.data };
  },

  async deep_lift({ of, f, x, stored }) {
    const { baseline } = of.params;
    const from = typeof baseline === 'number' ? baseline : row(stored(baseline), 0);
    const { values, residual = Number.NaN } = await deepLift({ baseline: from })(f, x, key(0));
    // The stored delta is rounding in float64, which single precision cannot meet.
    expect(Math.abs(residual)).toBeLessThan(1e-5 * norm(values, 'l2'));
    return { value: values.data };
  },

  async layer_grad_cam({ of, f, x, file }) {
    const layer = file.layers?.[String(of.params.layer)] ?? '';
    const upsampled = async (upsample: 'bilinear' | 'nearest') => {
      const { values } = await gradCam({ layer, upsample })(f, x, key(0));
      return channelSum(values);
    };
    return {
      value: (await gradCamMap(f, x, { layer })).data,
      relu: (await gradCamMap(f, x, { layer, relu: true })).data,
      upsampled_bilinear: await upsampled('bilinear'),
      upsampled_nearest: await upsampled('nearest'),
    };
  },

  async input_x_gradient({ f, x }) {
    return { value: (await timesInput(gradient())(f, x, key(0))).values.data };
  },

  async smoothgrad({ of, f, x, stored }) {
    const noise = fixed(scale(stored(of.params.noise), -1));
    const run = async (statistic: 'mean' | 'mean-square' | 'variance') =>
      (await smooth(inners[String(of.params.inner)], noise, { statistic })(f, x, key(0))).values.data;
    return {
      smoothgrad: await run('mean'),
      smoothgrad_sq: await run('mean-square'),
      vargrad: await run('variance'),
    };
  },

  async occlusion({ of, f, x }: Question) {
    const { window, strides, baseline } = of.params as {
      window: number[];
      strides: number[];
      baseline: number;
    };
    return { value: (await occlusion({ window, stride: strides, baseline })(f, x, key(0))).values.data };
  },

  async feature_ablation(question) {
    return { value: (await leaveOneOut(partitionIn(question))(question.f, question.x, key(0))).values.data };
  },

  async shapley_exact(question) {
    const { f, x } = question;
    const explained = await kernelShap({ samples: 2 ** 10, ...partitionIn(question) })(f, x, key(0));
    const numbers = featureValues(explained);
    return { value: explained.values.data, kernel_shap_all_coalitions: numbers, shapley: numbers };
  },

  async optimal_explanation({ of, f, x, stored }) {
    const perturbation = fixed(stored(of.params.perturbations));
    const pinv = await optimal(perturbation)(f, x, key(0));
    const calm = await optimal(perturbation, { solver: ridge(1e-3) })(f, x, key(0));
    return {
      pinv: pinv.values.data,
      'ridge_1e-3': calm.values.data,
      infidelity_of_pinv: [(pinv.residual ?? Number.NaN) ** 2],
    };
  },
});

/** The stored partition, elements by default, and the stored baseline. */
function partitionIn({ of, stored }: Question) {
  const { feature_mask: labels, baseline } = of.params;
  return {
    features: typeof labels === 'string' ? row(stored(labels), 0) : ('elements' as const),
    baseline: typeof baseline === 'number' ? baseline : row(stored(baseline), 0),
  };
}

/** [channels, ...positions] summed over channels. */
function channelSum({ shape: [channels], data }: Tensor): Float64Array {
  const size = data.length / channels;
  return Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[c * size + i];
    return sum;
  });
}
