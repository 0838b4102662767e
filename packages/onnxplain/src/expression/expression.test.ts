import {
  definePerturbation,
  drawEach,
  type Explainer,
  entry,
  expression,
  named,
  OnnxplainError,
  option,
  type Perturbation,
  type Solver,
  tableOf,
  tensor,
  z,
} from '@onnxplain/core';
import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { describe } from './describe.js';
import { makeIn } from './make.js';
import { parse } from './parse.js';
import type { Tables } from './tables.js';

const explainer = (text: string): Explainer =>
  named(() => Promise.reject(new Error('not run here')), { expression: text, kind: 'local' as const });
const perturbation = (text: string): Perturbation =>
  named(
    () => {
      throw new Error('not run here');
    },
    { expression: text, masks: false },
  );
const solver = (text: string): Solver =>
  named(() => Promise.reject(new Error('not run here')), { expression: text, leastNorm: true });

/** Small tables of the same make as the real ones, among them a word (random) that is both a choice and an explainer. */
const tables: Tables = {
  explainer: {
    gradient: entry({
      name: 'gradient',
      summary: 'slope',
      options: z.object({}),
      make: () => explainer('gradient'),
    }),
    random: entry({
      name: 'random',
      summary: 'noise',
      options: z.object({}),
      make: () => explainer('random'),
    }),
    path: entry({
      name: 'path',
      summary: 'mean slope on a path',
      options: z.object({
        steps: option.count().default(50),
        rule: z.enum(['left', 'right']).default('left'),
        baseline: z
          .union([z.number(), z.custom<{ data: unknown }>((v) => Object(v).data !== undefined)])
          .default(0),
      }),
      make: ({ steps, rule, baseline }) =>
        explainer(expression('path', [], { steps, rule, baseline: baseline as number })),
    }),
    smooth: entry({
      name: 'smooth',
      summary: 'mean over draws',
      positional: ['inner', 'perturbation'],
      options: z.object({
        inner: option.explainer(),
        perturbation: option.perturbation(),
        draws: option.count().default(50),
      }),
      make: ({ inner, perturbation, draws }) =>
        explainer(expression('smooth', [inner, perturbation], { draws })),
    }),
    optimal: entry({
      name: 'optimal',
      summary: 'least squares',
      positional: ['perturbation'],
      options: z.object({
        perturbation: option.perturbation(),
        solver: option.solver().optional(),
      }),
      make: ({ perturbation, solver }) => explainer(expression('optimal', [perturbation], { solver })),
    }),
  },
  metric: {},
  perturbation: {
    still: entry({
      name: 'still',
      summary: 'none',
      options: z.object({}),
      make: () => perturbation('still'),
    }),
    gaussian: entry({
      name: 'gaussian',
      summary: 'noise',
      positional: ['sigma'],
      options: z.object({ sigma: option.positive() }),
      make: ({ sigma }) => perturbation(expression('gaussian', [sigma])),
    }),
    square: entry({
      name: 'square',
      summary: 'patches',
      options: z.object({
        sizes: z.array(z.number()).default([3]),
        positions: z.enum(['random', 'all']).default('all'),
        label: z.string().optional(),
      }),
      make: ({ sizes, positions, label }) =>
        perturbation(expression('square', [], { sizes, positions, label })),
    }),
  },
  solver: {
    inverse: entry({
      name: 'inverse',
      summary: 'plain',
      options: z.object({}),
      make: () => solver('inverse'),
    }),
    ridge: entry({
      name: 'ridge',
      summary: 'ridge',
      positional: ['lambda'],
      options: z.object({ lambda: option.positive() }),
      make: ({ lambda }) => solver(expression('ridge', [lambda])),
    }),
  },
  attack: {},
  rules: {},
};

const files: string[] = [];
const context = {
  tables,
  readTensor: (path: string) => {
    files.push(path);
    return tensor([1, 2], [2]);
  },
  readMean: (path: string) => {
    files.push(`mean of ${path}`);
    return tensor([3, 4], [2]);
  },
  readRows: (path: string) => {
    files.push(`rows of ${path}`);
    return tensor([3, 4], [2, 1]);
  },
};

const made = (text: string): string => makeIn(context, text).expression;

function errorOf(run: () => unknown): OnnxplainError {
  try {
    run();
  } catch (error) {
    if (error instanceof OnnxplainError) return error;
    throw error;
  }
  throw new Error('did not throw');
}

group('the parser', () => {
  test.each([
    ['-2', -2],
    ['1e-3', 1e-3],
    ['+.5', 0.5],
    ['3.', 3],
  ])('reads %s as a number', (text, value) => {
    expect(parse(text)).toMatchObject({ kind: 'number', value });
  });

  test('reads nested calls, lists, quoted texts and truth values', () => {
    expect(parse('a(b(1), [x, "y, z"], c=true)')).toMatchObject({
      kind: 'call',
      name: 'a',
      positional: [
        { kind: 'call', name: 'b' },
        { kind: 'list', items: [{ value: 'x' }, { kind: 'string', value: 'y, z' }] },
      ],
      named: [{ name: 'c', value: { kind: 'boolean', value: true } }],
    });
  });

  test('takes node names and paths as words', () => {
    expect(parse('grad-cam(/features/3/Relu_output:0)')).toMatchObject({
      positional: [{ kind: 'word', value: '/features/3/Relu_output:0' }],
    });
  });

  test.each([
    ['', 1],
    ['a(', 3],
    ['a(b', 4],
    ['a)', 2],
    ['a(b=1, 2)', 8],
    ['a(b=1, b=2)', 8],
    ['a(,)', 3],
    ['a b', 3],
    ['[1', 3],
    ['a("b', 3],
    ['a(=1)', 3],
  ])('refuses %j at column %i', (text, column) => {
    const error = errorOf(() => parse(text));
    expect(error.code).toBe('expression-syntax');
    expect(error.message).toContain(`column ${column}`);
    expect(error.message).toContain(`\n  ${' '.repeat(column - 1)}^`);
  });

  test('refuses nesting that would exhaust the stack', () => {
    expect(errorOf(() => parse('a('.repeat(100_000))).code).toBe('expression-syntax');
  });

  test('never throws anything but expression-syntax on arbitrary text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab1.,()=[]"\' -e') }), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'expression-syntax' });
        }
      }),
    );
  });
});

group('making', () => {
  test('a bare name and a name with empty brackets are the same thing', () => {
    expect(made('gradient()')).toBe(made('gradient'));
  });

  test('options given by position and by name make the same thing', () => {
    expect(made('smooth(inner=gradient, perturbation=gaussian(sigma=0.1))')).toBe(
      'smooth(gradient, gaussian(0.1), draws=50)',
    );
  });

  test('a word is a choice where the option is a choice, an explainer where it is an explainer', () => {
    expect(made('square(positions=random)')).toBe('square(sizes=[3], positions=random)');
    expect(made('smooth(random, still)')).toBe('smooth(random, still, draws=50)');
  });

  test('a text where numbers are expected is the path of a file, and stays in the expression', () => {
    expect(made('path(baseline=some/zeros.npy)')).toBe('path(steps=50, rule=left, baseline=some/zeros.npy)');
    expect(made('path(baseline="with space.npy")')).toContain('baseline="with space.npy"');
    expect(files).toEqual(['some/zeros.npy', 'with space.npy']);
  });

  test('mean(FILE) is the mean of rows where numbers are expected, and stays in the expression', () => {
    files.length = 0;
    expect(made('path(baseline=mean(rows.csv))')).toBe('path(steps=50, rule=left, baseline=mean(rows.csv))');
    const spaced = 'path(steps=50, rule=left, baseline=mean("my rows.csv"))';
    expect(made(spaced)).toBe(spaced);
    expect(files).toEqual(['mean of rows.csv', 'mean of my rows.csv']);
  });

  test('rows(FILE) are the rows of a file or folder, and stay in the expression', () => {
    files.length = 0;
    expect(made('path(baseline=rows(photos))')).toBe('path(steps=50, rule=left, baseline=rows(photos))');
    expect(files).toEqual(['rows of photos']);
  });

  test.each(['mean', 'mean()', 'mean(a.csv, b.csv)', 'mean(file=a.csv)', 'mean(3)'])(
    '%s is no mean of rows',
    (text) => {
      files.length = 0;
      const attempt = () => makeIn(context, `path(rule=left, baseline=${text})`);
      if (text !== 'mean') expect(errorOf(attempt).code).toBe('name-unknown');
      else expect(attempt().expression).toContain('baseline=mean)');
      expect(files.filter((file) => file.startsWith('mean of'))).toEqual([]);
    },
  );

  test.each([
    ['grdient', 'name-unknown', 'Did you mean gradient?'],
    ['smooth(gradient, gausian(0.1))', 'name-unknown', 'Did you mean gaussian?'],
    ['smooth(gradiant, still)', 'name-unknown', 'Did you mean gradient?'],
    ['smooth(still, still)', 'kind-mismatch', 'the perturbation still'],
    ['smooth(gaussian(0.1), still)', 'kind-mismatch', 'the perturbation gaussian'],
    ['toString', 'name-unknown', ''],
    ['gradient(steps=3)', 'option-unknown', 'no options'],
    ['path(stps=3)', 'option-unknown', 'steps'],
    ['path(__proto__=3)', 'option-unknown', 'steps'],
    ['path(3)', 'option-unknown', 'by position'],
    ['path(steps=0)', 'option-value', 'path(steps)'],
    ['path(rule=lft)', 'option-value', 'path(rule)'],
    ['smooth(gradient)', 'option-value', 'smooth(perturbation)'],
    ['smooth(gradient, still, inner=random)', 'option-value', 'one by name'],
    ['smooth(gradient, gaussian(-1))', 'option-value', 'gaussian(sigma)'],
    ['optimal(still, solver=gradient)', 'kind-mismatch', 'the explainer gradient'],
    ['3', 'expression-syntax', 'a number'],
  ])('refuses %s with %s', (text, code, words) => {
    const error = errorOf(() => makeIn(context, text, 'explainer'));
    expect(error.message).toContain(words);
    expect(error.code).toBe(code);
  });

  test('a perturbation where an explainer is asked for is a mismatch of kinds', () => {
    expect(errorOf(() => makeIn(context, 'still', 'explainer')).code).toBe('kind-mismatch');
  });
});

group('the round trip', () => {
  const perturbations = fc.oneof(
    fc.constant('still'),
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((sigma) => `gaussian(${sigma})`),
    fc
      .tuple(fc.array(fc.integer({ min: -5, max: 5 })), fc.constantFrom('random', 'all'))
      .map(([sizes, positions]) => `square( sizes = [${sizes}],positions=${positions})`),
  );
  const { explainers } = fc.letrec<{ explainers: string }>((tie) => ({
    explainers: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('gradient', 'random', 'path(rule=right)', 'path(baseline=-0.5, steps=7)'),
      fc.tuple(tie('explainers'), perturbations).map(([inner, p]) => `smooth(${inner}, ${p})`),
      perturbations.map((p) => `optimal(${p}, solver=ridge(1e-3))`),
    ),
  }));

  test('the expression of what was made makes the same again', () => {
    fc.assert(
      fc.property(explainers, (text) => {
        const once = made(text);
        expect(made(once)).toBe(once);
      }),
    );
  });
});

test('a description shows positional options first, defaults, choices and kinds', () => {
  const rows = describe(tables.explainer);
  expect(rows.find((row) => row.name === 'smooth')?.usage).toBe('smooth(inner, perturbation, draws=50)');
  expect(rows.find((row) => row.name === 'optimal')?.usage).toBe('optimal(perturbation, [solver])');
  const path = rows.find((row) => row.name === 'path');
  expect(path?.options.map(({ name, type }) => [name, type])).toEqual([
    ['steps', 'integer'],
    ['rule', 'left | right'],
    ['baseline', 'number | file.npy | mean(rows.csv) | rows(rows.csv)'],
  ]);
});

test('a description names the items of lists', () => {
  const [row] = describe(
    tableOf({
      listing: definePerturbation({
        name: 'listing',
        summary: 'Takes lists.',
        options: {
          pair: z.tuple([option.count(), option.number()]),
          baselines: z.array(option.baseline()),
        },
        make: () => ({ masks: false, draw: (x, range) => drawEach(x, range, () => undefined) }),
      }),
    }),
  );
  expect(row.options.map(({ type }) => type)).toEqual([
    '[integer, number]',
    '[number | file.npy | mean(rows.csv) | rows(rows.csv), ...]',
  ]);
});
