/** Adam (Kingma & Ba 2015, Algorithm 1), in place on float32 parameters; the rate is given at each step. */
export function adam(sizes: readonly number[], { decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8 } = {}) {
  const first = sizes.map((size) => new Float32Array(size));
  const second = sizes.map((size) => new Float32Array(size));
  let steps = 0;
  return function step(
    parameters: readonly Float32Array[],
    gradients: readonly Float32Array[],
    rate: number,
  ) {
    steps += 1;
    const scale = (rate * Math.sqrt(1 - decay2 ** steps)) / (1 - decay1 ** steps);
    for (let p = 0; p < parameters.length; p++) {
      const [w, g, m, v] = [parameters[p], gradients[p], first[p], second[p]];
      for (let i = 0; i < w.length; i++) {
        m[i] = decay1 * m[i] + (1 - decay1) * g[i];
        v[i] = decay2 * v[i] + (1 - decay2) * g[i] * g[i];
        w[i] -= (scale * m[i]) / (Math.sqrt(v[i]) + epsilon);
      }
    }
  };
}
