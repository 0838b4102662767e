import { describe, expect, it } from 'vitest';
import { entry } from './define/entry.js';
import { fail, OnnxplainError } from './error.js';
import { expression, named } from './expression.js';
import { option, parseOptions, z } from './options.js';
import { gaussian } from './perturb/noise.js';
import { perturbations } from './perturb/table.js';
import { solvers } from './solve/solver.js';
import { didYouMean } from './suggest.js';
import { tensor } from './tensor/tensor.js';

describe('expression', () => {
  it('shows positional options first, then the named ones that are there', () => {
    expect(expression('ridge', [1e-3])).toBe('ridge(0.001)');
    expect(expression('gradient', [])).toBe('gradient');
    expect(expression('square', [], { sizes: [1, 10], stride: undefined, positions: 'all' })).toBe(
      'square(sizes=[1,10], positions=all)',
    );
  });

  it('quotes texts that would be read as something else', () => {
    const texts = ['relu', 'gauss-legendre', '/b3/Relu:0', '21', 'true', 'a "b"'];
    expect(expression('f', texts)).toBe('f(relu, gauss-legendre, "/b3/Relu:0", "21", "true", "a \\"b\\"")');
  });

  it('shows things that carry an expression as that, also in lists', () => {
    const inner = gaussian({ sigma: 0.5 });
    expect(expression('smooth', [inner], { also: [inner, { expression: 'x.npy' }] })).toBe(
      'smooth(gaussian(sigma=0.5), also=[gaussian(sigma=0.5),x.npy])',
    );
  });

  it('tells two tensors of one shape apart', () => {
    const shown = [1, 2].map((value) => expression('f', [], { baseline: tensor([value], [1]) }));
    expect(shown[0]).not.toBe(shown[1]);
  });

  it('named gives a function its properties', () => {
    const three = named(() => 3, { expression: 'three', kind: 'odd' });
    expect([three(), three.expression, three.kind]).toEqual([3, 'three', 'odd']);
  });
});

describe('options', () => {
  const schema = z.strictObject({
    steps: option.count().default(50),
    baseline: option.baseline().default(0),
  });

  it('get their defaults', () => {
    expect(parseOptions('f', schema, {})).toEqual({ steps: 50, baseline: 0 });
  });

  it('of a wrong size name the largest that is taken, and show a bigint as one', () => {
    const few = z.strictObject({ threads: option.count(64) });
    expect(() => parseOptions('f', few, { threads: 2 ** 53 })).toThrow(/Lower threads to 64 or less/);
    expect(() => parseOptions('f', few, { threads: 30n })).toThrow(
      'expected a positive integer, at most 64, got 30n',
    );
  });

  it('suggest the nearest names, and none when nothing is near', () => {
    expect(() => parseOptions('f', schema, { stpes: 3 })).toThrow('Did you mean steps?');
    expect(() => parseOptions('f', schema, { xyzzy: 3 })).toThrow(/got option "xyzzy"\.$/);
    const layers = ['/conv1/Conv_output_0', '/layer4/layer4.1/conv2/Conv_output_0', '/fc/Gemm_output_0'];
    expect(didYouMean('Conv1', layers)).toBe(`Did you mean ${layers[0]}?`);
    expect(didYouMean('layer4.1.conv2', layers)).toBe(`Did you mean ${layers[1]}?`);
    expect(didYouMean('xw', ['xW', 'y'])).toBe('Did you mean xW?');
    expect(didYouMean('fc', ['/features/fc/Gemm_output_0'])).toBeUndefined();
    expect(didYouMean('integrated-gradient', ['integrated-gradients', 'gradient'])).toBe(
      'Did you mean integrated-gradients?',
    );
  });

  it('take a number or a tensor for a baseline, and nothing else', () => {
    const baseline = tensor([1], [1]);
    expect(parseOptions('f', schema, { baseline }).baseline).toBe(baseline);
    for (const wrong of ['zero', Number.NaN, [1]]) {
      expect(() => parseOptions('f', schema, { baseline: wrong })).toThrow(
        'f(baseline): expected a finite number or a tensor',
      );
    }
  });

  it('name what was wrong, what they take and what came', () => {
    expect(() => parseOptions('f', schema, { steps: 2.5 })).toThrow(
      'f(steps): expected a positive integer, got 2.5',
    );
    expect(() => parseOptions('f', schema, { steps: gaussian({ sigma: 1 }) })).toThrow(
      'got gaussian(sigma=1)',
    );
    expect(() => parseOptions('f', schema, { step: 2 })).toThrow(
      'f(step): expected one of steps, baseline, got option "step"',
    );
  });

  it('of an entry reach its maker with defaults', () => {
    const row = entry({ name: 'f', summary: '', options: schema, make: ({ steps }) => steps * 2 });
    expect(row.make({})).toBe(100);
    expect(() => row.make({ steps: 0 })).toThrow(OnnxplainError);
  });
});

describe.each(Object.entries({ ...perturbations, ...solvers }))('the table entry %s', (name, row) => {
  it('is listed under its name, with positional options that exist', () => {
    expect(row.name).toBe(name);
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(row.summary.length).toBeGreaterThan(10);
    for (const option of row.positional) expect(Object.keys(row.options.shape)).toContain(option);
  });

  it('refuses unknown options by name', () => {
    expect(() => row.make({ unheard: 1 })).toThrow(`${name}(unheard)`);
  });
});

describe('fail', () => {
  it('throws an error that carries the diagnosis and the cause', () => {
    const diagnosis = {
      code: 'usage',
      where: 'here',
      expected: 'this',
      got: 'that',
      remedy: 'Do so.',
    } as const;
    const cause = new Error('first');
    let caught: unknown;
    try {
      fail(diagnosis, { cause });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({
      code: 'usage',
      diagnosis,
      cause,
      message: 'here: expected this, got that. Do so.',
    });
  });
});
