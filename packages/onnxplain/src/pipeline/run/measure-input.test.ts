import {
  type Attribution,
  type Comparison,
  type Estimate,
  type Explainer,
  fail,
  key,
  linearScore,
  type Measured,
  type Metric,
  named,
  type Subject,
  tensor,
} from '@onnxplain/core';
import { cellName, memoryStore, pooled } from '@onnxplain/experiment';
import { describe, expect, test } from 'vitest';
import { seriesOf } from '../record/draw.js';
import { explainCell, measureCell } from './cells.js';
import { type Measurement, measureInput } from './measure-input.js';
import type { Outcome } from './outcome.js';

const x = tensor([1, 2], [2]);
const f = linearScore(tensor([3, -1], [2]), 0);

const attribution = (method: string, kind: Attribution['kind'] = 'local'): Attribution => ({
  values: tensor([3, -1], [2]),
  kind,
  method,
  key: key(0),
  cost: { forward: 0, backward: 1 },
});

const explainerOf = (method: string, kind: Attribution['kind'] = 'local'): Explainer =>
  named(() => Promise.resolve(attribution(method, kind)), { expression: method, kind });

const score = { f, input: { name: 'x', tensor: x, content: 'a hash', target: 0, value: 1 } };

const attributionsOf = (explainers: readonly Explainer[]): readonly Outcome<Attribution>[] =>
  explainers.map(({ expression, kind }) => ({ status: 'done', value: attribution(expression, kind) }));

/** Measures the attributions of one input. */
const measured = (
  explainers: readonly Explainer[],
  metric: Metric,
  attributions = attributionsOf(explainers),
): Promise<Measurement> => measureInput({ score, attributions, explainers, metric, key: key(0) });

const exact = (value: number): Estimate => ({ kind: 'exact', value });

/** A metric that counts its calls, refuses attributions of a kind, and gives each the length of its method's name. */
function localMetric(refused: Attribution['kind'] = 'global'): Metric & { calls: string[] } {
  const calls: string[] = [];
  const of = ({ attribution: { method, kind } }: Subject): Measured => {
    if (kind === refused) {
      fail({ code: 'not-applicable', where: 'metric', expected: 'a local attribution', got: method });
    }
    return { estimate: exact(method.length) };
  };
  return {
    name: 'length',
    expression: 'length',
    better: 'lower',
    units: 'letters',
    source: 'made up',
    definition: {},
    calls,
    measure: async (subject) => {
      calls.push(`measure ${subject.attribution.method}`);
      return of(subject);
    },
    compare: async (subjects): Promise<Comparison> => {
      calls.push(`compare ${subjects.map((subject) => subject.attribution.method).join()}`);
      const lengths = subjects.map(({ attribution: { method } }) => method.length);
      return {
        measured: subjects.map(of),
        differences: lengths.map((one) => lengths.map((other) => exact(one - other))),
      };
    },
  };
}

describe('measuring', () => {
  test('all explainers of an input are compared in one pass, and differences come from it', async () => {
    const explainers = ['a', 'bbb'].map((name) => explainerOf(name));
    const metric = localMetric();
    const found = await measured(explainers, metric);
    expect(metric.calls).toEqual(['compare a,bbb']);
    expect(found.measured).toEqual(
      [exact(1), exact(3)].map((estimate) => ({ status: 'done', value: { estimate } })),
    );
    expect(found.differences[1][0]).toEqual(exact(2));
  });

  test('where the metric does not apply to some, the others are still compared together', async () => {
    const explainers = [explainerOf('a'), explainerOf('gg', 'global'), explainerOf('bbb')];
    const metric = localMetric();
    const found = await measured(explainers, metric);
    expect(metric.calls).toEqual(['compare a,gg,bbb', 'compare a,bbb', 'measure gg']);
    expect(found.measured.map(({ status }) => status)).toEqual(['done', 'not-applicable', 'done']);
    expect(found.differences[2][0]).toEqual(exact(2));
    expect(found.differences[1][0]).toBeUndefined();
  });

  test('rankings are a kind of their own: what they are refused for stops no other kind', async () => {
    const explainers = [explainerOf('a'), explainerOf('rr', 'ranking'), explainerOf('bbb')];
    const metric = localMetric('ranking');
    const found = await measured(explainers, metric);
    expect(metric.calls).toEqual(['compare a,rr,bbb', 'compare a,bbb', 'measure rr']);
    expect(found.measured.map(({ status }) => status)).toEqual(['done', 'not-applicable', 'done']);
    expect(found.differences[2][0]).toEqual(exact(2));
  });

  test('an explainer without attribution keeps its reason and stops nobody', async () => {
    const explainers = ['a', 'b'].map((name) => explainerOf(name));
    const failed = { status: 'failed', code: 'singular', reason: 'rank 3 of 784' } as const;
    const outcomes = [failed, { status: 'done', value: attribution('b') } as const];
    const found = await measured(explainers, localMetric(), outcomes);
    expect(found.measured[0]).toMatchObject({
      status: 'failed',
      code: 'singular',
      reason: expect.stringContaining('rank 3'),
    });
    expect(found.measured[1]).toEqual({ status: 'done', value: { estimate: exact(1) } });
  });

  test('inputs have keys of their content wherever they stand, metrics of one input share one', async () => {
    const explainers = [explainerOf('a')];
    const keysOf = async (...contents: readonly string[]) => {
      const scores = contents.map((content) => ({ ...score, input: { ...score.input, content } }));
      const metrics = [localMetric(), localMetric()];
      const store = memoryStore();
      for (const input of contents.keys()) {
        const [outcome] = attributionsOf(explainers);
        await store.append(cellName({ stage: 'explain', input, explainer: 0 }), { attribution: outcome });
      }
      const context = { scores, explainers, metrics, seed: 3, store };
      const at = async (input: number) => {
        const [one, other] = await Promise.all(
          metrics.map((_, metric) => measureCell(context, { stage: 'measure', input, metric })),
        );
        expect(one.key).toEqual(other.key);
        return one.key;
      };
      return Promise.all(contents.map((_, input) => at(input)));
    };
    const [a, b, again] = await keysOf('a', 'b', 'a');
    expect(a).not.toEqual(b);
    expect(again).toEqual(a);
    expect(await keysOf('b', 'a')).toEqual([b, a]);
    expect(await keysOf('b')).toEqual([b]);
  });
});

describe('outcomes', () => {
  test('not-applicable is an answer, other errors are failures, abortion ends everything', async () => {
    const outcomeOf = (error: () => never) => {
      const explainer = named(async () => error(), { expression: 'e', kind: 'local' as const });
      const context = {
        scores: [score],
        explainers: [explainer],
        metrics: [],
        seed: 0,
        store: memoryStore(),
      };
      return explainCell(context, { stage: 'explain', input: 0, explainer: 0 });
    };
    const failing = (code: 'not-applicable' | 'singular' | 'aborted') =>
      outcomeOf(() => fail({ code, where: 'w', expected: 'e', got: 'g' }));
    expect(await failing('not-applicable')).toMatchObject({ status: 'not-applicable' });
    expect(await failing('singular')).toMatchObject({ status: 'failed', code: 'singular' });
    await expect(failing('aborted')).rejects.toMatchObject({ code: 'aborted' });
    const broken = () => {
      throw new TypeError('x is undefined');
    };
    expect(await outcomeOf(broken)).toEqual({
      status: 'failed',
      code: 'internal',
      reason: 'TypeError: x is undefined',
    });
  });

  test('a pool never has more under way than its limit, and keeps the order', async () => {
    let running = 0;
    let most = 0;
    const results = await pooled([5, 1, 4, 2, 3], 2, async (n) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, n));
      running--;
      return n * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  test('a pool that fails starts nothing more and waits for what runs', async () => {
    const ended: number[] = [];
    const work = pooled([1, 2, 3, 4], 2, async (n) => {
      await new Promise((done) => setTimeout(done, n === 1 ? 1 : 10));
      if (n === 1) throw new Error('first');
      ended.push(n);
    });
    await expect(work).rejects.toThrow('first');
    expect(ended).toEqual([2]);
  });
});

test('rows of numbers are series, pictures and scalars are not', () => {
  const series = (shape: readonly number[]) => {
    const t = tensor(new Float64Array(shape.reduce((a, b) => a * b, 1)), shape);
    return seriesOf({ name: 'x', tensor: t }, { ...attribution('a'), values: t });
  };
  expect(series([5])?.values).toHaveLength(5);
  expect(series([1, 5])).toBeDefined();
  expect(series([5, 5])).toBeUndefined();
  expect(series([5000])).toBeUndefined();
});
