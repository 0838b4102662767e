import { describe, expect, expectTypeOf, it } from 'vitest';
import { option, written } from '../options.js';
import { gaussian } from '../perturb/noise.js';
import { key } from '../random/key.js';
import { functionScore } from '../score/function.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types/draws.js';
import { defineExplainer, type ExplainerRecipe, type Findings } from './explainer.js';
import { defineMetric } from './metric.js';
import { definePerturbation } from './perturbation.js';
import { tableOf } from './table.js';

const distance = defineMetric({
  name: 'distance',
  summary: 'A metric that measures nothing.',
  options: {
    kernel: option.perturbation().describe('Draws inputs.'),
    other: option.perturbation().optional(),
    draws: option.count().optional().describe('How many.'),
    rate: option.positive().default(0.5).describe('How fast.').register(written, { as: 'always' }),
    ball: option.choice(['l2', 'linf']).default('l2'),
    window: option.count().default(3).register(written, { as: 'bare' }),
    batch: option.count().default(8).register(written, { as: 'never' }),
  },
  parts: (kernel: Perturbation, other?: Perturbation) => ({ kernel, other }),
  positional: ['kernel', 'other'],
  settle: (options) => ({ ...options, draws: options.draws ?? (options.rate > 1 ? undefined : 7) }),
  make: ({ draws }, expression) => ({
    better: 'lower',
    units: `${draws}`,
    source: expression,
    definition: {},
    measure: () => Promise.reject(new Error('not run here')),
  }),
});

const kernel = gaussian({ sigma: 2 });

describe('a definition', () => {
  it('makes the same by a call as by its row', () => {
    const called = distance(kernel, undefined, { rate: 0.25 });
    const made = distance.definition.make({ kernel, rate: 0.25 });
    expect(called.expression).toBe('distance(gaussian(sigma=2), 3, draws=7, rate=0.25)');
    expect(made.expression).toBe(called.expression);
    expect([called.name, called.units, called.source]).toEqual(['distance', '7', called.expression]);
  });

  it('writes required arguments bare, defaults never or always as registered, and settled options', () => {
    const all = distance(kernel, kernel, { draws: 2, ball: 'linf', window: 4, batch: 99 });
    expect(all.expression).toBe(
      'distance(gaussian(sigma=2), 4, other=gaussian(sigma=2), draws=2, rate=0.5, ball=linf)',
    );
    expect(distance(kernel, undefined, { rate: 2 }).expression).toBe(
      'distance(gaussian(sigma=2), 3, rate=2)',
    );
  });

  it('refuses options of a call and of a row alike', () => {
    for (const make of [
      () => distance(kernel, undefined, { rate: -1 }),
      () => distance.definition.make({ kernel, rate: -1 }),
    ])
      expect(make).toThrow('distance(rate): expected a positive number, got -1');
    expect(() => distance.definition.make({})).toThrow('distance(kernel)');
    expect(() => distance.definition.make({ kernel, rtae: 1 })).toThrow('Did you mean rate?');
  });

  it('has the help of its options and the kinds that they take', () => {
    expect(distance.definition.help).toEqual({
      kernel: 'Draws inputs.',
      draws: 'How many.',
      rate: 'How fast.',
    });
    expect(distance.definition.takes).toEqual({ kernel: 'perturbation', other: 'perturbation' });
  });

  it('types the call: required options cannot be left out, unknown ones do not compile', () => {
    expectTypeOf(distance).parameter(0).toEqualTypeOf<Perturbation>();
    expectTypeOf(distance).parameter(1).toEqualTypeOf<Perturbation | undefined>();
    expectTypeOf<Parameters<typeof gaussian>>().toEqualTypeOf<[options: { readonly sigma: number }]>();
    expectTypeOf<NonNullable<Parameters<typeof distance>[2]>>().toEqualTypeOf<{
      readonly draws?: number | undefined;
      readonly rate?: number | undefined;
      readonly ball?: 'l2' | 'linf' | undefined;
      readonly window?: number | undefined;
      readonly batch?: number | undefined;
    }>();
  });

  it('of a table is found by its own name only', () => {
    const table = tableOf({ gaussian, anyName: distance });
    expect(Object.keys(table)).toEqual(['distance', 'gaussian']);
    expect(table.distance).toBe(distance.definition);
    expectTypeOf<keyof typeof table>().toEqualTypeOf<'distance' | 'gaussian'>();
  });
});

describe('a defined perturbation', () => {
  const still = definePerturbation({
    name: 'still',
    summary: 'Draws x itself, twice at most.',
    options: { layout: option.layout() },
    make: ({ layout }) => ({
      masks: false,
      layoutOpen: layout === undefined,
      count: () => 2,
      draw: (x, { from, to }) => ({ inputs: repeated(x, to - from), deltas: repeated(x, to - from) }),
    }),
  });
  const repeated = (x: Tensor, n: number) =>
    tensor(Array.from({ length: n }, () => [...x.data]).flat(), [n, ...x.shape]);
  const x = tensor([1, 2], [2]);

  it('refuses draws beyond its count', () => {
    expect(still()(x, key(0), 0, 2).inputs.shape).toEqual([2, 2]);
    expect(() => still()(x, key(0), 0, 3)).toThrow('There are 2 draws in all.');
    expect(() => still()(x, key(0), -1, 1)).toThrow(expect.objectContaining({ code: 'option-value' }));
  });

  it('can be made for a layout where its own is open', () => {
    expect(still().inLayout?.('hwc').expression).toBe('still(layout=hwc)');
    expect(still({ layout: 'chw' }).inLayout).toBeUndefined();
  });

  it('refuses code that returns no draws', () => {
    const none = definePerturbation({
      name: 'none',
      summary: 'Returns nothing, as plain JavaScript may.',
      options: {},
      make: () => ({ masks: false, draw: () => JSON.parse('{}').draws }),
    });
    expect(() => none()(x, key(0), 0, 1)).toThrow(expect.objectContaining({ code: 'plugin-result' }));
  });
});

describe('a defined explainer', () => {
  const x = tensor([1, 2], [2]);
  const f = functionScore({ shape: [2], value: (at) => at.data[0] });
  const made = (recipe: Partial<ExplainerRecipe>) =>
    defineExplainer({
      name: 'odd',
      summary: 'What the code of a user may be.',
      options: {},
      make: () => ({
        kind: 'local',
        explain: async (_, at) => ({ values: at, cost: { forward: 0, backward: 0 } }),
        ...recipe,
      }),
    })();

  it('leaves the input as it is where its code writes into it', async () => {
    const overwrite = async (_: unknown, at: Tensor) => {
      at.data.fill(7);
      return { values: at, cost: { forward: 0, backward: 0 } };
    };
    const { values } = await made({ explain: overwrite })(f, x, key(0));
    expect([...values.data]).toEqual([7, 7]);
    expect([...x.data]).toEqual([1, 2]);
  });

  it('refuses details that are no finite number, and keeps others', async () => {
    const cost = { forward: 0, backward: 0 };
    const found = (details: Findings['details']) =>
      made({ explain: async (_, at) => ({ values: at, details, cost }) })(f, x, key(0));
    const details = { size: 2, reached: false, ended: 'at the last step' };
    expect((await found(details)).details).toEqual(details);
    await expect(found({ size: Number.NaN })).rejects.toMatchObject({ code: 'plugin-result' });
  });

  it('refuses an unknown kind, and code that returns nothing', async () => {
    const refused = expect.objectContaining({ code: 'plugin-result' });
    expect(() => made({ kind: JSON.parse('"odd"') })).toThrow(refused);
    const nothing = made({ explain: async () => JSON.parse('{}').findings });
    await expect(nothing(f, x, key(0))).rejects.toThrow(refused);
  });
});
