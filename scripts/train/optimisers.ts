import { type AdamOptions, adam as descent } from '@onnxplain/core';

/** Changes parameters in place by one step against gradients, at a learning rate. */
export interface Step {
  (parameters: readonly Float32Array[], gradients: readonly Float32Array[], rate: number): void;
  /** What the step remembers of those before it; undefined where it cannot be kept in a checkpoint. */
  readonly state?: readonly Float32Array[];
}

/** Makes the steps for parameters of the given numbers of elements. Each has its own state, zero at first. */
export type Optimiser = (sizes: readonly number[]) => Step;

/** {@link descent} for parameters that are not known yet. */
export const adam =
  (options?: AdamOptions): Optimiser =>
  () =>
    descent(options);

export interface SgdOptions {
  /** Share of the last step that the next one keeps (Sutskever et al. 2013, Eqs. 1 and 2). Default 0.9. */
  readonly momentum?: number;
  /** Multiple of each parameter that is added to its gradient: weight decay. Default 0. */
  readonly decay?: number;
}

/** Stochastic gradient descent with momentum. */
export function sgd({ momentum = 0.9, decay = 0 }: SgdOptions = {}): Optimiser {
  return (sizes) => {
    const velocity = sizes.map((size) => new Float32Array(size));
    const step: Step = (parameters, gradients, rate) => {
      parameters.forEach((w, p) => {
        const [g, v] = [gradients[p], velocity[p]];
        for (let i = 0; i < w.length; i++) {
          v[i] = momentum * v[i] - rate * (g[i] + decay * w[i]);
          w[i] += v[i];
        }
      });
    };
    return Object.assign(step, { state: velocity });
  };
}

/** The learning rate as a function of the share of all steps that are done, 0 to 1. */
export type Schedule = (done: number) => number;

/**
 * The rate rises in a straight line from 0 to `rate` during the first `warmup` of the steps (default 0), then falls to 0 along half a
 * cosine (Loshchilov & Hutter 2017, Eq. 5).
 */
export function cosine(rate: number, { warmup = 0 }: { readonly warmup?: number } = {}): Schedule {
  return (done) =>
    done < warmup
      ? (rate * done) / warmup
      : (rate * (1 + Math.cos((Math.PI * (done - warmup)) / (1 - warmup)))) / 2;
}

/**
 * Follows parameters by their exponential moving mean, which often classifies better than the last step (Polyak & Juditsky 1992). Mean
 * t keeps min(decay, t / (t + 10)) of the mean before it, so that the first steps are soon forgotten.
 */
export function movingMean(parameters: readonly Float32Array[], decay: number) {
  const means = parameters.map((p) => p.slice());
  const steps = new Float32Array(1);
  return {
    means,
    /** What a checkpoint keeps. */
    state: [...means, steps],
    update(): void {
      const kept = Math.min(decay, steps[0] / (steps[0] + 10));
      steps[0] += 1;
      means.forEach((mean, p) => {
        const w = parameters[p];
        for (let i = 0; i < w.length; i++) mean[i] = kept * mean[i] + (1 - kept) * w[i];
      });
    },
  };
}
