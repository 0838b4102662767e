import { fail } from '../error.js';
import { asBatch, row } from '../tensor/rows.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Batch, ClassScores, Score } from '../types/score.js';
import { targetedMargin } from './targeted.js';

/** A score and the input at which it is explained. */
export interface ScoreAt {
  readonly f: Score;
  readonly x: Tensor;
}

/** The margin on which a search at an input goes, and its value there, which is above 0. */
export interface MarginAt {
  readonly margin: Score;
  readonly atX: number;
  /**
   * Whether the score is that of class 1 and the margin that of class 0: the model has one number for two classes, and predicts class 0.
   */
  readonly opposite: boolean;
}

/** The logits of a model are compared, where it shows them: their slopes do not vanish where it is sure. */
const LOGITS = { link: 'margin', logits: true } as const;

/**
 * The margin on which the robustness of sets of features is searched: that of the score's class, or, with a target, the targeted one, which
 * is above 0 until the target is the best class. Where the model gives one number for two classes, it is that of the class that is
 * predicted at x. Costs one row. Values of the margin come from the numbers of all classes, where the score has them, so that a number of
 * any class that is NaN makes the margin NaN.
 * Throws `not-applicable` for a score without a margin and for a class that is not the predicted one at x, `option-value` for a target that
 * is the class of the score, and `non-finite` where the number of a class at x is NaN or too large for its type.
 */
export async function marginAt(where: string, { f, x }: ScoreAt, target?: number): Promise<MarginAt> {
  const found = await predictedMargin(where, { f, x }, target);
  const { margin, atX } = found;
  if (!Number.isFinite(atX)) await expectFiniteClasses(where, margin, asBatch(x));
  if (atX > 0) return found;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a margin above 0 at the input: the class of the score is the one that is predicted',
    got: `${atX}`,
    remedy: 'Explain the predicted class.',
  });
}

async function predictedMargin(where: string, { f, x }: ScoreAt, target?: number): Promise<MarginAt> {
  const own = byClasses(await withMargin(where, f));
  const isSingle = own.classes?.single === true;
  if (target === undefined || isSingle) {
    const [atX] = await own.value(asBatch(x));
    if (target !== undefined) expectOther(where, expectOneOfTwo(where, target), atX < 0 ? 0 : 1);
    return isSingle && atX < 0
      ? { margin: targetedMargin(own), atX: -atX, opposite: true }
      : { margin: own, atX, opposite: false };
  }
  expectOther(where, target, f.classes?.target);
  const margin = targetedMargin(byClasses(await withMargin(where, f, target)));
  const [atX] = await margin.value(asBatch(x));
  return { margin, atX, opposite: false };
}

function withMargin(where: string, f: Score, target?: number): Promise<Score> {
  if (f.with !== undefined) return f.with({ ...LOGITS, ...(target !== undefined && { target }) });
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a score with a margin, such as that of a class of a model',
    got: 'a function without one',
    remedy: 'Use classifierScore(...) for a JavaScript classifier.',
  });
}

function expectOneOfTwo(where: string, target: number): number {
  if (target === 0 || target === 1) return target;
  return fail({
    code: 'target-range',
    where: `${where}: target`,
    expected: 'class 0 or 1 of a model that gives one number for two classes',
    got: `${target}`,
  });
}

function expectOther(where: string, target: number, own: number | undefined): void {
  if (target !== own) return;
  fail({
    code: 'option-value',
    where: `${where}: target`,
    expected: 'another class than that of the score',
    got: `${target}`,
    remedy: 'Give the class that the explanation is to speak against.',
  });
}

/** The margin with values that are computed from the numbers of all classes. */
function byClasses(margin: Score): Score {
  const { classes } = margin;
  if (classes === undefined) return margin;
  return { ...margin, value: async (batch) => marginsOf(await classes.values(batch), classes) };
}

/** The margin of every row of the numbers of all classes, [n, count]. NaN where the number of a class is NaN. */
export function marginsOf(
  { shape: [n, count], data }: Tensor,
  { target, targeted = false }: Pick<ClassScores, 'target' | 'targeted'>,
): Float64Array {
  const margins = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) if (k !== target) other = Math.max(other, data[i * count + k]);
    const margin = data[i * count + target] - other;
    margins[i] = targeted ? -margin : margin;
  }
  return margins;
}

/**
 * Throws `non-finite`, which names the class and the row, for rows [n, ...shape] whose margin is not a finite number because that of a
 * class is NaN or infinite.
 */
export async function expectFiniteClasses(where: string, margin: Score, rows: Batch): Promise<void> {
  const remedy = 'Look at the output of the model there: no class is predicted where one is not a number.';
  const refuse = (what: string, got: number, at: number): never =>
    fail({
      code: 'non-finite',
      where,
      expected: `a finite ${what}`,
      got: `${got} at ${rows.shape[0] === 1 ? 'the input' : `row ${at}`}`,
      remedy,
    });
  const { classes } = margin;
  if (classes === undefined) {
    const values = await margin.value(rows);
    values.forEach((value, at) => {
      if (!Number.isFinite(value)) refuse('margin', value, at);
    });
    return;
  }
  const numbers = await classes.values(rows);
  for (const [at, value] of marginsOf(numbers, classes).entries()) {
    if (Number.isFinite(value)) continue;
    row(numbers, at).data.forEach((value, k) => {
      if (!Number.isFinite(value)) refuse(`number of class ${k}`, value, at);
    });
  }
}
