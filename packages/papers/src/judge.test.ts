import { type Estimate, key, stream } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import { type JudgedEstimate, type JudgedRecord, type Judgement, judge } from './judge.js';
import type { Claim, PaperTable } from './table.js';

type Table = Pick<PaperTable, 'rows' | 'columns' | 'numbers' | 'claims'>;

const tableOf = (
  rows: readonly string[],
  claims: readonly Claim[],
  numbers: Table['numbers'] = [],
): Table => ({
  rows: rows.map((name) => ({ name, explainer: 'gradient' })),
  columns: [{ name: 'm', metric: 'deletion' }],
  numbers,
  claims,
});

const exact = (value: number): Estimate => ({ kind: 'exact', value });

/** A record of [row][input] under one metric; undefined stands for a failure. */
function recordOf(
  values: readonly (readonly (number | Estimate | undefined)[])[],
  better: 'lower' | 'higher' = 'higher',
): JudgedRecord {
  const estimates = values.flatMap((row, explainer) =>
    row.map((value, input): JudgedEstimate => {
      const indices = { input, explainer, metric: 0 };
      if (value === undefined) return { ...indices, status: 'failed' };
      return { ...indices, status: 'done', estimate: typeof value === 'number' ? exact(value) : value };
    }),
  );
  return { inputs: values[0], explainers: values, metrics: [{ better }], estimates };
}

const claim = (row: string, than: string | number, added = false): Claim => ({
  row,
  column: 'm',
  than,
  added,
});
const verdicts = ({ claims }: Judgement) => claims.map(({ verdict }) => verdict);

const noise = [0.3, -0.2, 0.1, -0.4, 0.2, 0, -0.1, 0.15];
const around = (mean: number) => noise.map((each) => mean + each);

describe('a verdict', () => {
  test('is that of the claimed direction, and turns round with the direction and with what is better', () => {
    const values = [around(5), around(1).reverse()];
    const table = tableOf(['a', 'b'], [claim('a', 'b'), claim('b', 'a')]);
    expect(verdicts(judge(table, recordOf(values)))).toEqual(['holds', 'does not hold']);
    expect(verdicts(judge(table, recordOf(values, 'lower')))).toEqual(['does not hold', 'holds']);
  });

  test('goes by what the inputs have in common, although they differ a lot', () => {
    const b = [1, 100, 10_000, 3];
    const a = b.map((value, i) => value - 1 - 0.01 * i);
    const judged = judge(tableOf(['a', 'b'], [claim('a', 'b')]), recordOf([a, b], 'lower'));
    expect(judged.claims[0].difference?.mean).toBeCloseTo(-1.015, 10);
    expect(verdicts(judged)).toEqual(['holds']);
  });

  test('is undecided for differences around 0, for one input, and without numbers', () => {
    const table = tableOf(['a', 'b'], [claim('a', 'b')]);
    expect(verdicts(judge(table, recordOf([around(1), around(1).reverse()])))).toEqual(['undecided']);
    expect(verdicts(judge(table, recordOf([[5], [1]])))).toEqual(['undecided']);
    expect(verdicts(judge(table, recordOf([[undefined], [1]])))).toEqual(['undecided']);
  });

  test('counts how many claims are made: what one claim decides, fifty like it do not', () => {
    const base = [1.9, 0.1, 2.2, -0.5, 2.1, 0.2, 1.8, 0.2];
    const values = [base, base.map(() => 0)];
    const one = judge(tableOf(['a', 'b'], [claim('a', 'b')]), recordOf(values)).claims;
    expect(one[0].p).toBeGreaterThan(0.001);
    expect(one[0].p).toBeLessThan(0.05);
    expect(one[0].verdict).toBe('holds');
    const many = judge(
      tableOf(
        ['a', 'b'],
        Array.from({ length: 50 }, () => claim('a', 'b')),
      ),
      recordOf(values),
    );
    expect(new Set(verdicts(many))).toEqual(new Set(['undecided']));
    const added = Array.from({ length: 50 }, () => claim('a', 'b', true));
    const apart = judge(tableOf(['a', 'b'], [claim('a', 'b'), ...added]), recordOf(values));
    expect(verdicts(apart)[0]).toBe('holds');
    expect(new Set(verdicts(apart).slice(1))).toEqual(new Set(['undecided']));
  });

  test('about a number is that of the row against it', () => {
    const table = tableOf(['a'], [claim('a', 0.5), claim('a', 3)]);
    expect(verdicts(judge(table, recordOf([around(1)], 'lower')))).toEqual(['does not hold', 'holds']);
  });

  test('goes by the inputs with both numbers only', () => {
    const table = tableOf(['a', 'b'], [claim('a', 'b')]);
    const censored: Estimate = { kind: 'censored', above: 100, n: 1 };
    const [a, b] = [around(5), around(1)];
    const { claims } = judge(
      table,
      recordOf([
        [...a, 1e6, -1e6],
        [...b, undefined, censored],
      ]),
    );
    const alone = judge(table, recordOf([a, b])).claims;
    expect(claims).toEqual(alone);
    expect(claims[0]).toMatchObject({ n: noise.length, counts: { win: noise.length, draw: 0, loss: 0 } });
  });

  test('wrongly decides at most one table in twenty where no explainer differs from another', () => {
    const rows = ['a', 'b', 'c', 'd'];
    const table = tableOf(rows, [claim('a', 'b'), claim('a', 'c'), claim('a', 'd')]);
    const random = stream(key(0));
    const draw = () => Array.from({ length: 12 }, () => random.uniform());
    const wrong = Array.from({ length: 400 }, () => judge(table, recordOf(rows.map(draw)))).filter((judged) =>
      verdicts(judged).some((verdict) => verdict !== 'undecided'),
    );
    // 400 tables at 5 %: 20 expected, 20 + 4 standard deviations at most.
    expect(wrong.length).toBeLessThanOrEqual(38);
  });
});

describe('a cell', () => {
  test('is the mean over the inputs that have a number, beside that of the paper', () => {
    const table = tableOf(['a', 'b'], [], [{ row: 'b', column: 'm', value: 7 }]);
    const { cells } = judge(table, recordOf([[1, 2, undefined, 6], [4]]));
    // Squared deviations from 3 are 4, 1 and 9; their sum over 2, over 3 inputs.
    expect(cells[0]).toEqual({
      row: 'a',
      column: 'm',
      n: 3,
      mean: 3,
      stderr: expect.closeTo(Math.sqrt(14 / 6), 12),
    });
    expect(cells[1]).toEqual({ row: 'b', column: 'm', n: 1, mean: 4, paper: 7 });
  });

  test('says that its numbers are bounds, and has none where there are none', () => {
    const bound: Estimate = { kind: 'bound', side: 'upper', value: 2, n: 1 };
    const invalid: Estimate = { kind: 'invalid', reason: 'none', n: 0 };
    const { cells } = judge(
      tableOf(['a', 'b'], []),
      recordOf([
        [bound, bound],
        [invalid, Number.NaN],
      ]),
    );
    expect(cells[0]).toMatchObject({ bound: 'upper', mean: 2, n: 2 });
    expect(cells[1]).toEqual({ row: 'b', column: 'm', n: 0 });
  });
});
