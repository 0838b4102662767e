import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { perturbations, solvers } from '@onnxplain/core';
import { explainers } from '@onnxplain/explainers';
import { ruleTables } from '@onnxplain/graph';
import { metrics } from '@onnxplain/metrics';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';
import { folderWith, linearModel, npy, softmaxModel, WEIGHTS } from '../../test/models.js';
import {
  catalogue,
  gaussian,
  grad,
  gradCam,
  gradient,
  make,
  open,
  predict,
  prepare,
  score,
  smooth,
  tensor,
} from '../index.js';
import {
  environmentOf,
  evaluateInputs,
  explainInputs,
  makeExplainer,
  makeMetric,
  makeRules,
  openModel,
  type RunProgress,
  recordOf,
  tables,
} from '../subpaths/pipeline.js';
import { page } from '../subpaths/report.js';

const folder = folderWith({
  'm.onnx': linearModel(),
  'p.onnx': softmaxModel(),
  'p.card.json': '{ "features": ["a", "b", "c", "d"] }',
  'x.npy': npy([2, 4]),
  'eight.npy': npy([8, 4]),
  'bare.csv': '1,2,3,4\n',
  'headed.csv': 'e,f,g,h\n1,2,3,4\n',
});
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

describe('the library', () => {
  test('does in a few calls what the command line does', async () => {
    const prepared = await prepare(at('m.onnx'), { inputs: [at('eight.npy')] });
    const { model, about } = prepared;
    const evaluation = await evaluateInputs(prepared, {
      explainers: [gradient(), makeExplainer('random')],
      metrics: [makeMetric('infidelity(gaussian(1), draws=50)')],
    });
    const { record, files } = recordOf(evaluation, {
      model: about,
      environment: environmentOf(model),
      request: { link: 'logit', output: 'y' },
      created: new Date(0),
    });
    await model.close();
    expect(record.summaries.map(({ best }) => best)).toEqual([true, false]);
    expect(record.explainers.map(({ control }) => control)).toEqual([undefined, true]);
    expect(record.created).toBe('1970-01-01T00:00:00.000Z');
    expect(record.environment.onnxruntime).toMatch(/^\d+\.\d+\.\d+$/);
    expect(files.size).toBe(16);
    expect(page(record, files)).toContain('gradient');
  });

  test('features are called as the card calls them, or where it does not as the table does', async () => {
    const namesIn = async (model: string, ...files: readonly string[]) => {
      const prepared = await prepare(at(model), { inputs: files.map(at) });
      await prepared.model.close();
      return prepared.inputs.map(({ features }) => features?.join(''));
    };
    expect(await namesIn('p.onnx', 'bare.csv', 'x.npy')).toEqual(['abcd', 'abcd', 'abcd']);
    expect(await namesIn('m.onnx', 'headed.csv')).toEqual(['efgh']);
    await expect(namesIn('p.onnx', 'headed.csv')).rejects.toMatchObject({
      diagnosis: { expected: expect.stringContaining('"a"'), got: expect.stringContaining('"e"') },
    });
  });

  test('reports progress cell by cell, and stops when it is told to', async () => {
    const prepared = await prepare(at('m.onnx'), { inputs: [at('x.npy')] });
    const seen: string[] = [];
    const controller = new AbortController();
    const options = {
      explainers: [gradient(), smooth(gradient(), gaussian({ sigma: 1 }), { draws: 5 })],
      signal: controller.signal,
      onProgress: ({ stage, done, total }: RunProgress) => {
        seen.push(`${stage} ${done}/${total}`);
      },
    };
    await explainInputs(prepared, options);
    expect(seen).toEqual(['explain 1/4', 'explain 2/4', 'explain 3/4', 'explain 4/4']);
    const stopped = explainInputs(prepared, {
      ...options,
      batch: 1,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    await prepared.model.close();
  });

  test('a layer that the model does not have is refused before anything runs', async () => {
    const prepared = await prepare(at('m.onnx'), { inputs: [at('x.npy')] });
    const { model } = prepared;
    const stages: string[] = [];
    const opened: string[] = [];
    const watchedModel = {
      ...model,
      session: (key: string, make: Parameters<typeof model.session>[1]) => {
        opened.push(key);
        return model.session(key, make);
      },
    };
    const watched = { ...prepared, model: watchedModel };
    const options = {
      explainers: [gradient(), gradCam({ layer: 'xw' })],
      onProgress: ({ stage }: RunProgress) => stages.push(stage),
    };
    await expect(explainInputs(watched, options)).rejects.toMatchObject({
      code: 'value-unknown',
      message: expect.stringContaining('Did you mean xW?'),
    });
    expect([stages, opened]).toEqual([[], []]);
    await explainInputs(watched, { explainers: [gradient()] });
    expect(opened).not.toEqual([]);
    await model.close();
  });

  test('the gradient of a graph is a graph, of a model a model', async () => {
    await using model = await open(linearModel(), { device: 'cpu' });
    expect(grad(model.graph).outputs.map(({ name }) => name)).toContain('gradient');
    await using backward = await grad(model);
    expect(backward.outputs.map(({ name }) => name)).toContain('gradient');
  });

  test('rules have one shape: of an expression, of a score, of the gradient of a graph and of a model', async () => {
    await using model = await open(linearModel(), { device: 'cpu' });
    const rules = makeRules('lrp-epsilon(epsilon=0.01)');
    expect(rules).toEqual({ name: 'lrp-epsilon', epsilon: 0.01 });
    const { metadata } = grad(model.graph, { rules });
    expect(metadata['onnxplain.rules']).toBe('lrp-epsilon(epsilon=0.01)');
    await using backward = await grad(model, { rules });
    expect(backward.source.metadata).toEqual(metadata);
    const f = await score(model, { target: 0, rules });
    expect(f.rules).toBe('lrp-epsilon(epsilon=0.01)');
    expect((await f.with?.({ rules: 'guided' }))?.rules).toBe('guided');
  });

  test('an inner value can be the output, and an unknown one is refused', async () => {
    const { model, about } = await openModel(at('p.onnx'), { output: 'y', device: 'cpu' });
    const { scores } = await predict(model, {}, tensor([1, 0, 0, 0], [1, 4]));
    expect([...scores.data]).toEqual([WEIGHTS[0] + 0.5, WEIGHTS[1], WEIGHTS[2] - 0.5]);
    expect(about).toMatchObject({ ops: { Softmax: 1 }, parameters: 15 });
    await model.close();
    await expect(openModel(at('p.onnx'), { output: 'z' })).rejects.toMatchObject({
      code: 'value-unknown',
    });
  });

  test('tables are typed by their names: a misspelt one does not compile', () => {
    for (const table of [tables.explainer, tables.metric, tables.perturbation, tables.solver, tables.rules])
      expectTypeOf(table).not.toHaveProperty('gradent');
    expectTypeOf(explainers).toHaveProperty('gradient');
    expectTypeOf(metrics).toHaveProperty('sensitivity-max');
    expectTypeOf(perturbations).toHaveProperty('noisy-baseline');
    expectTypeOf(solvers).toHaveProperty('ridge');
    expectTypeOf(ruleTables).toHaveProperty('lrp-gamma');
    expectTypeOf<'gradent'>().not.toExtend<
      keyof typeof explainers | keyof typeof metrics | keyof typeof perturbations | keyof typeof solvers
    >();
    expectTypeOf(tables.rules).toHaveProperty('lrp-gamma');
  });

  test('every row of every table has a name, a summary, a usage line, and options with types and help', () => {
    for (const rows of Object.values(catalogue())) {
      for (const { name, summary, usage, options } of rows) {
        expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(summary.length).toBeGreaterThan(5);
        expect(usage.startsWith(name)).toBe(true);
        for (const { name: option, type, help } of options) {
          expect(type).not.toBe('');
          expect(`${name}(${option}): ${help}`).toMatch(/: [A-Za-z0-9"].{9,}\.$/);
        }
      }
    }
  });

  test('metrics that take an attack have minimum by default, and say so', () => {
    for (const name of ['robustness-complement', 'robustness-set']) {
      expect(make(name).expression).toBe(`${name}(minimum)`);
      const row = catalogue().metric.find((each) => each.name === name);
      expect(row?.usage).toContain(`${name}(attack=minimum, `);
    }
  });

  test('explainers that take an attack have ten steps of fmn by default, or minimum where they make one attack, and say so', () => {
    for (const name of ['greedy', 'greedy-as', 'one-step-banzhaf', 'minimum-perturbation']) {
      const attack = name === 'minimum-perturbation' ? 'minimum' : 'fmn(steps=10)';
      const pilots = name === 'minimum-perturbation' ? '' : ', pilots=fmn(steps=20)';
      expect(make(name).expression).toBe(`${name}(${attack}${pilots})`);
      const row = catalogue().explainer.find((each) => each.name === name);
      expect(row?.usage).toContain(`${name}(attack=${attack}, `);
    }
  });

  test.each([
    ['greedy(attack=sqp(steps=3))', 'greedy(sqp(steps=3), pilots=fmn(steps=20))'],
    ['greedy(fmn(steps=4, norm=linf))', 'greedy(fmn(steps=4, norm=linf), pilots=fmn(steps=20, norm=linf))'],
    ['greedy(fmn(steps=20))', 'greedy(fmn(steps=20))'],
    ['greedy(pilots=sqp(steps=7))', 'greedy(fmn(steps=10), pilots=sqp(steps=7))'],
    ['greedy(decision)', 'greedy(decision)'],
    ['greedy(preset=paper-code)', 'greedy(fmn(steps=10), preset=paper-code)'],
  ])('%s finds the points where its searches begin as %s says', (given, expression) => {
    expect(make(given).expression).toBe(expression);
  });

  test('pilots of another norm than that of the attack are refused', () => {
    expect(() => make('greedy(fmn(norm=linf), pilots=fmn)')).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });

  test.each([
    ...[
      'gradient',
      'random',
      'path-gradient',
      'integrated-gradients',
      'sensitivity-max',
      'sensitivity-gradient',
    ],
    ...['difference-to-baseline', 'subset', 'inverse', 'pseudo-inverse'],
    'smooth(integrated-gradients(steps=20, rule=left), uniform(radius=0.2), draws=50)',
    'optimal(square(sizes=[1,10], positions=all), solver=ridge(1e-3))',
    'infidelity(noisy-baseline(sigma=0.2), draws=10000, scale=optimal)',
    'times-input(gradient, baseline=-0.5)',
    'occlusion(window=[3,5], stride=2)',
    ...['grad-cam(relu, upsample=none)', 'layer-attribution("21")', 'grad-cam("/a b/\\"c\\"")'],
    'sensitivity-max(radius=0.2, ball=linf, normalize=true)',
    'infidelity(subset(0.2, baseline=1), stderr=0.01)',
    'smooth(smooth(gradient, gaussian(0.1)), uniform(0.1, ball=l2), statistic=variance)',
    ...['robustness-set(fmn, [5,10], cap=input)', 'robustness-complement(counts=[1,2], features=pixels)'],
    ...['greedy', 'greedy-as(sqp(steps=3), 100, target=3)', 'one-step-banzhaf(subsets=9, criterion=set)'],
    'minimum-perturbation(fmn(steps=5), target=2, features=pixels)',
  ])('%s makes itself again', (text) => {
    const once = make(text).expression;
    expect(make(once).expression).toBe(once);
  });
});
