import { sqp } from '@onnxplain/attacks';
import { gaussian, type Metric } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import {
  infidelity,
  metrics,
  paperCode,
  sensitivityGradient,
  sensitivityLipschitz,
  sensitivityMax,
} from '../src/index.js';

const perturbation = gaussian({ sigma: 0.1 });

const expressions: readonly [Metric, string][] = [
  [infidelity(perturbation), 'infidelity(gaussian(sigma=0.1), draws=1000)'],
  [
    infidelity(perturbation, { draws: 50, scale: 'optimal', stderr: 0.5, batch: 7 }),
    'infidelity(gaussian(sigma=0.1), draws=50, scale=optimal, stderr=0.5)',
  ],
  [sensitivityMax(), 'sensitivity-max(radius=0.1, draws=50)'],
  [
    sensitivityMax({ radius: 0.2, ball: 'linf', normalize: true, noise: 'fresh' }),
    'sensitivity-max(radius=0.2, draws=50, ball=linf, normalize=true, noise=fresh)',
  ],
  [sensitivityMax({ perturbation, draws: 3 }), 'sensitivity-max(perturbation=gaussian(sigma=0.1), draws=3)'],
  [sensitivityLipschitz(), 'sensitivity-lipschitz(radius=0.1, draws=50)'],
  [sensitivityGradient(), 'sensitivity-gradient(radius=0.1, draws=50, step=0.001, directions=3)'],
  [
    paperCode.local.infidelity,
    'infidelity(noisy-baseline(sigma=0.2, clip=[0,1]), draws=10000, scale=optimal)',
  ],
  [paperCode.global.infidelity, 'infidelity(square(sizes=[1,10], positions=all), scale=optimal)'],
  [
    paperCode.global.sensitivityMax,
    'sensitivity-max(radius=0.1, draws=50, ball=linf, normalize=true, noise=fresh)',
  ],
];

describe('metrics', () => {
  for (const [metric, expression] of expressions) {
    it(`${expression} is its canonical expression, and its definition leaves nothing blank`, () => {
      expect(metric.expression).toBe(expression);
      expect(metric.better).toBe('lower');
      const said = [metric.units, metric.source, ...Object.values(metric.definition)];
      expect(said.every((text) => text.length > 0)).toBe(true);
      expect(said.some((text) => /undefined|\[object/.test(text))).toBe(false);
    });
  }

  it('can be compared between kinds of attributions unless they are in units of Φ', () => {
    for (const [metric, expression] of expressions) {
      const ownUnits = metric.units.startsWith('units of Φ');
      expect(`${expression}: ${metric.comparable}`).toBe(`${expression}: ${ownUnits ? 'same-kind' : 'any'}`);
    }
    expect(new Set(expressions.map(([metric]) => metric.comparable))).toEqual(new Set(['any', 'same-kind']));
  });

  it('are in the table under their own names, and refuse unknown options', () => {
    for (const [name, row] of Object.entries(metrics)) {
      expect(row.name).toBe(name);
      const needed = {
        ...row.example,
        ...(row.positional.includes('perturbation') && { perturbation }),
        ...(row.takes.attack !== undefined && { attack: sqp() }),
      };
      expect(row.make(needed).name).toBe(name);
      expect(() => row.make({ bogus: 1 })).toThrow(expect.objectContaining({ code: 'option-unknown' }));
    }
  });
});
