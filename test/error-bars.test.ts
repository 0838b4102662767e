import { describe, expect, it } from 'vitest';
import { coverage } from '../scripts/error-bars/coverage.js';
import { type Family, families } from '../scripts/error-bars/families.js';

const RUNS = 300;

/** The share that 95 % intervals have in 300 runs with probability 0.999: 95 % less 3.09 standard deviations. */
const LEAST = 0.95 - 3.09 * Math.sqrt((0.95 * 0.05) / RUNS);

function family(name: string): Family {
  const found = families.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no family ${name}`);
  return found;
}

describe('the 95 % interval of an infidelity holds the truth in 95 % of 300 runs, up to chance', () => {
  const cases: readonly [name: string, draws: number][] = [
    ['normal', 50],
    ['normal', 200],
    ['normal', 1000],
    ['chi-square', 50],
    ['chi-square', 200],
    ['chi-square', 1000],
    ['log-normal', 50],
    ['log-normal', 1000],
    ['1 % are 1, others 0', 1000],
    ['1 % are 1, others small', 1000],
    ['weights that grow with the error', 50],
    ['weights that grow with the error', 1000],
  ];
  it.each(cases)('errors: %s, %d draws', async (name, draws) => {
    expect((await coverage(family(name), RUNS, { draws })).covered).toBeGreaterThan(LEAST);
  });
});

describe('early stopping', () => {
  it.each(families.map((one) => one.name))(
    'of errors %s: 95 %% intervals hold the truth, and the values are not off on average',
    async (name) => {
      const of = family(name);
      const found = await coverage(of, RUNS, { draws: 20_000, stderr: of.deviation / Math.sqrt(500) });
      // Heavy weights that have nothing to do with the error get a warning instead.
      if (found.warned < 0.5) expect(found.covered).toBeGreaterThan(LEAST);
      expect(Math.abs(found.bias) / found.biasError).toBeLessThan(3.3);
    },
  );
});

describe('a warning', () => {
  it.each(families.map((one) => one.name))('comes with every 50 draws of errors %s', async (name) => {
    expect((await coverage(family(name), 20, { draws: 50 })).warned).toBe(1);
  });

  it('comes with heavy weights as long as they leave few draws', async () => {
    const heavy = family('weights of e^1.5N');
    expect((await coverage(heavy, 50, { draws: 200 })).warned).toBeGreaterThan(0.95);
    expect((await coverage(heavy, 50, { draws: 20_000 })).warned).toBe(0);
  });

  it('comes with draws that are all equal, and only with those, where there are 200', async () => {
    const rare = await coverage(family('1 % are 1, others 0'), RUNS, { draws: 200 });
    // 0.99^200 = 13.4 % of runs have no rare draw.
    expect(Math.abs(rare.warned - 0.134)).toBeLessThan(0.065);
    expect(rare.covered + rare.warned).toBeGreaterThan(0.95);
    expect((await coverage(family('chi-square'), RUNS, { draws: 200 })).warned).toBe(0);
  });
});
