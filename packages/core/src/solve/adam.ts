type Floats = Float32Array | Float64Array;

/** Changes parameters in place by one step against their gradients, at a rate. All calls have the same parameters, in the same order. */
export type Descent = (parameters: readonly Floats[], gradients: readonly Floats[], rate: number) => void;

export interface AdamOptions {
  /** Decay of the mean of gradients, default 0.9. */
  readonly decay1?: number;
  /** Decay of the mean of squared gradients, default 0.999. */
  readonly decay2?: number;
  /** Added to the root of the mean square, default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2015, Algorithm 1 in the form of the last paragraph of section 2), in the type of the parameters. The state starts
 * at zero and belongs to the function that is returned.
 */
export function adam({ decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Descent {
  let moments: readonly (readonly [first: Floats, second: Floats])[] | undefined;
  let steps = 0;
  return (parameters, gradients, rate) => {
    moments ??= parameters.map((w) => [w.slice().fill(0), w.slice().fill(0)]);
    steps += 1;
    const scale = (rate * Math.sqrt(1 - decay2 ** steps)) / (1 - decay1 ** steps);
    for (let p = 0; p < parameters.length; p++) {
      const [w, g] = [parameters[p], gradients[p]];
      const [m, v] = moments[p];
      for (let i = 0; i < w.length; i++) {
        m[i] = decay1 * m[i] + (1 - decay1) * g[i];
        v[i] = decay2 * v[i] + (1 - decay2) * g[i] * g[i];
        w[i] -= (scale * m[i]) / (Math.sqrt(v[i]) + epsilon);
      }
    }
  };
}
