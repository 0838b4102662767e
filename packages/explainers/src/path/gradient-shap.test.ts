import { fold, key, quadraticScore, stack, stream, sum, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { gradientShap } from './gradient-shap.js';
import { integratedGradients } from './integrated-gradients.js';

const shape = [2, 2];
const seed = key(8);
const normals = normalsOf(seed);
const x = normals('x', shape);
const rows = [normals('b0', shape), normals('b1', shape), normals('b2', shape)];
const f = quadraticScore(normals('A', [4, 4]), normals('w', shape));
const explain = gradientShap({ background: stack(rows), sigma: 0.3, draws: 4000 });

describe('gradient-shap', () => {
  it('is within 4 standard errors of integrated gradients averaged over baselines and noisy inputs', async () => {
    const found = await explain(f, x, seed);
    const noisy = Array.from({ length: 500 }, (_, i) => {
      const data = x.data.slice();
      stream(fold(key(1), i)).addNormal(data, 0.3);
      return tensor(data, shape);
    });
    const means = new Float64Array(4);
    const squares = new Float64Array(4);
    for (const end of noisy) {
      const one = new Float64Array(4);
      for (const baseline of rows) {
        const { values } = await integratedGradients({ baseline, steps: 2 })(f, end, seed);
        for (let i = 0; i < 4; i++) one[i] += values.data[i] / rows.length;
      }
      for (let i = 0; i < 4; i++) {
        means[i] += one[i] / noisy.length;
        squares[i] += one[i] ** 2 / noisy.length;
      }
    }
    for (let i = 0; i < 4; i++) {
      const own = found.stderr?.data[i] ?? Number.NaN;
      const error = Math.hypot(own, Math.sqrt((squares[i] - means[i] ** 2) / noisy.length));
      expect(Math.abs(found.values.data[i] - means[i])).toBeLessThan(4 * error);
    }
  });

  it('reports what its sum misses of f(x) less the mean of f over the background', async () => {
    const { values, residual, cost } = await explain(f, x, seed);
    const [atX, ...starts] = await f.value(stack([x, ...rows]));
    expect(residual).toBeCloseTo(atX - starts.reduce((a, b) => a + b, 0) / 3 - sum(values), 12);
    expect(cost).toEqual({ forward: 4, backward: 4000 });
  });

  it('needs the size of its noise', () => {
    expect(() => gradientShap({ background: [0], sigma: 0 })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });
});
