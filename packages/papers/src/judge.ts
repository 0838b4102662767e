import {
  type Estimate,
  holm,
  type Interval,
  moments,
  pairedT,
  signedRank,
  type WinDrawLoss,
  winDrawLoss,
} from '@onnxplain/core';
import type { Claim, PaperTable } from './table.js';

/** What the judgement needs of the record of a run. Explainers and metrics are those of the table's rows and columns, in their order. */
export interface JudgedRecord {
  readonly inputs: readonly unknown[];
  readonly explainers: readonly unknown[];
  readonly metrics: readonly { readonly better: 'lower' | 'higher' }[];
  readonly estimates: readonly JudgedEstimate[];
}

export interface JudgedEstimate {
  readonly input: number;
  readonly explainer: number;
  readonly metric: number;
  readonly status: string;
  /** Present where the status is 'done'. */
  readonly estimate?: Estimate;
}

/** One row of a table in one column: the mean over the inputs beside the paper's number. */
export interface JudgedCell {
  readonly row: string;
  readonly column: string;
  /** Absent where no input has a number. */
  readonly mean?: number;
  /** Standard error across the inputs; absent for fewer than two. */
  readonly stderr?: number;
  /** How many inputs have a number. */
  readonly n: number;
  /** The side of the bound, where the averaged numbers are bounds. */
  readonly bound?: 'lower' | 'upper';
  /** The number of the paper, where it is known here. */
  readonly paper?: number;
}

export type ClaimVerdict = 'holds' | 'does not hold' | 'undecided';

/** A claim with its test: row less the other one, paired over the inputs that have both numbers. */
export interface JudgedClaim extends Claim {
  readonly better: 'lower' | 'higher';
  readonly n: number;
  /** Mean of the differences, with its 95 % interval by Student's t, which is not corrected; absent for fewer than two pairs. */
  readonly difference?: { readonly mean: number; readonly stderr: number; readonly interval: Interval };
  /** Two-sided p of the paired t-test; 1 for fewer than two pairs. */
  readonly p: number;
  /** `p` corrected by Holm's method for the number of claims of the paper, or of those that were added. */
  readonly corrected: number;
  /** Two-sided p of Wilcoxon's signed-rank test, not corrected; 1 without pairs. */
  readonly signedRank: number;
  readonly counts: WinDrawLoss;
  /** By `corrected` at 5 %: 'holds' and 'does not hold' are decided differences in the claimed and the other direction. */
  readonly verdict: ClaimVerdict;
}

export interface Judgement {
  readonly cells: readonly JudgedCell[];
  readonly claims: readonly JudgedClaim[];
}

/** The chance of any wrong decision in a family of claims. */
const LEVEL = 0.05;

/**
 * Compares the record of a run with a table: the mean of each row and column with its standard error across inputs beside the paper's
 * number, and the verdict on each claim. A claim is tested by a paired t-test over inputs, two-sided. The p-values of the paper's claims
 * are corrected by Holm's method for how many there are, and those of the added claims apart from them. Wilcoxon's test stands beside.
 * Inputs without a number for both rows (a failure, an invalid or a censored estimate) are left out of a claim; `n` says how many remain.
 */
export function judge(
  table: Pick<PaperTable, 'rows' | 'columns' | 'numbers' | 'claims'>,
  record: JudgedRecord,
): Judgement {
  const numbers = numbersIn(table, record);
  const cells = table.rows.flatMap(({ name: row }) =>
    table.columns.map(({ name: column }) => cellOf({ row, column }, { table, numbers })),
  );
  const tested = table.claims.map((claim) => testOf(claim, { table, numbers, record }));
  return { cells, claims: corrected(tested) };
}

type Table = Pick<PaperTable, 'rows' | 'columns' | 'numbers'>;

/** The numbers of each row and column by the index of the input, under the key `keyOf`. */
type Numbers = ReadonlyMap<string, ReadonlyMap<number, Valued>>;
type Valued = Extract<Estimate, { readonly value: number }>;

const keyOf = (row: string, column: string): string => JSON.stringify([row, column]);

function numbersIn({ rows, columns }: Table, { estimates }: JudgedRecord): Numbers {
  const numbers = new Map<string, Map<number, Valued>>();
  for (const { explainer, metric, input, status, estimate } of estimates) {
    if (status !== 'done' || estimate === undefined) continue;
    if (!('value' in estimate) || !Number.isFinite(estimate.value)) continue;
    const key = keyOf(rows[explainer].name, columns[metric].name);
    const ofCell = numbers.get(key) ?? new Map<number, Valued>();
    numbers.set(key, ofCell.set(input, estimate));
  }
  return numbers;
}

interface Found {
  readonly table: Table;
  readonly numbers: Numbers;
}

function cellOf({ row, column }: { row: string; column: string }, { table, numbers }: Found): JudgedCell {
  const found = [...(numbers.get(keyOf(row, column))?.values() ?? [])];
  const values = found.map(({ value }) => value);
  const { n, mean, stderr } = moments.value(values.reduce(moments.add, moments.init()));
  const bound = found.flatMap((each) => (each.kind === 'bound' ? [each.side] : []))[0];
  const paper = table.numbers.find((each) => each.row === row && each.column === column)?.value;
  return {
    row,
    column,
    n,
    ...(n > 0 && { mean }),
    ...(n > 1 && { stderr }),
    ...(bound !== undefined && { bound }),
    ...(paper !== undefined && { paper }),
  };
}

type Tested = Omit<JudgedClaim, 'corrected' | 'verdict'>;

function testOf(claim: Claim, { table, numbers, record }: Found & { readonly record: JudgedRecord }): Tested {
  const { better } = record.metrics[table.columns.findIndex(({ name }) => name === claim.column)];
  const [own, other] = pairsOf(claim, numbers);
  const counts = winDrawLoss(own, other, { better });
  const test = own.length < 2 ? undefined : pairedT(own, other);
  const rank = own.length === 0 ? 1 : signedRank(own, other).p.twoSided;
  return {
    ...claim,
    better,
    n: own.length,
    ...(test && { difference: { mean: test.mean, stderr: test.stderr, interval: test.interval } }),
    p: test?.p.twoSided ?? 1,
    signedRank: rank,
    counts,
  };
}

/** The numbers of both sides of a claim on the inputs that have both. */
function pairsOf({ row, column, than }: Claim, numbers: Numbers): readonly [number[], number[]] {
  const own = [...(numbers.get(keyOf(row, column)) ?? [])].sort(([a], [b]) => a - b);
  const otherAt = (input: number) =>
    typeof than === 'number' ? than : numbers.get(keyOf(than, column))?.get(input)?.value;
  const pairs = own.flatMap(([input, { value }]) => {
    const other = otherAt(input);
    return other === undefined ? [] : [[value, other] as const];
  });
  return [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
}

/** Corrects the p-values of the paper's claims and of the added ones, each for their own number, and gives the verdicts. */
function corrected(tested: readonly Tested[]): readonly JudgedClaim[] {
  const byFamily = new Map<Tested, number>();
  for (const added of [false, true]) {
    const family = tested.filter((claim) => (claim.added === true) === added);
    const values = holm(family.map(({ p }) => p));
    family.forEach((claim, i) => {
      byFamily.set(claim, values[i]);
    });
  }
  return tested.map((claim) => {
    const p = byFamily.get(claim) ?? 1;
    return { ...claim, corrected: p, verdict: verdictOf(claim, p) };
  });
}

function verdictOf({ better, difference }: Tested, p: number): ClaimVerdict {
  if (difference === undefined || p >= LEVEL) return 'undecided';
  return difference.mean < 0 === (better === 'lower') ? 'holds' : 'does not hold';
}
