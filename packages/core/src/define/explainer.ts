import { fail } from '../error.js';
import { named } from '../expression.js';
import type { Key } from '../random/key.js';
import { expectBatch } from '../score/batch.js';
import { isLazyRows, lazyRow } from '../tensor/lazy-rows.js';
import { expectShape, type Tensor } from '../tensor/tensor.js';
import { type Attribution, attributionKinds, type Explainer } from '../types/attribution.js';
import type { PlannedCost } from '../types/planned-cost.js';
import type { Batch, Cost, Score } from '../types/score.js';
import { type ArgumentsOf, define, type Factory, type OptionShape, type Statement } from './definition.js';
import { expectFiniteValues } from './finite-values.js';
import { expectResultShape, refuseResult } from './result.js';

/** What an explaining function finds. The kind, the expression and the key are added to it, and the planned cost where it has no cost. */
export type Findings = Omit<Attribution, 'kind' | 'method' | 'key' | 'cost'> &
  Partial<Pick<Attribution, 'cost'>>;

/** What the `make` of an explainer returns. */
export interface ExplainerRecipe
  extends Pick<Explainer, 'kind' | 'layers' | 'control' | 'meanGradient' | 'isGradient' | 'plannedCost'> {
  /** Explains f at x, deterministic in (f, x, key). */
  explain(f: Score, x: Tensor, key: Key): Promise<Findings>;
  /** Explains the rows of a batch at once, as `explain` does one by one. */
  explainRows?(f: Score, batch: Batch, keys: readonly Key[]): Promise<readonly Findings[]>;
}

/**
 * Optional laws of explainers. 'exact-on-linear': on f(x) = w·x the values are w (local) or w·(x - baseline) (global). 'complete': on
 * quadratic functions the values sum to f(x) - f(baseline), and the residual is 0. 'depends-on-layout': for inputs of another layout the
 * values differ, and the option `layout` has the same effect as the layout of the score.
 */
export type ExplainerPromise = 'exact-on-linear' | 'complete' | 'depends-on-layout';

/**
 * Defines an explainer and returns its factory. An explainer refuses an input without the score's shape (`tensor-shape`) and values and a
 * residual that are not finite (`non-finite`). An unknown kind, values of another shape and a missing cost are refused with
 * `plugin-result`. `explain` gets a copy of x, so that code that writes into its input changes no other result.
 */
export function defineExplainer<
  const Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[] = [],
  N extends keyof S = never,
>(
  statement: Statement<Name, S, Parts, N, ExplainerRecipe> & {
    readonly promises?: readonly ExplainerPromise[];
  },
): Factory<Explainer, Name, ArgumentsOf<S, Parts, N>> {
  return define<Explainer, ExplainerRecipe, Name, S, Parts, N>(
    'explainer',
    statement,
    ({ explain, explainRows, ...properties }, { expression, needs }) => {
      expectKind(expression, properties.kind);
      const sign = signer({ expression, ...properties });
      const signed = async (f: Score, x: Tensor, key: Key): Promise<Attribution> => {
        expectShape(expression, x, f.shape);
        return sign(await explain(f, { ...x, data: x.data.slice() }, key), { f, x, key });
      };
      const signedRows =
        explainRows &&
        (async (f: Score, batch: Batch, keys: readonly Key[]): Promise<readonly Attribution[]> => {
          expectBatch(expression, batch, f.shape);
          // Lazy rows have no memory that code could write into.
          const own = isLazyRows(batch) ? batch : { ...batch, data: batch.data.slice() };
          const findings = await explainRows(f, own, keys);
          return keys.map((key, i) => sign(findings[i], { f, x: lazyRow(batch, i), key }));
        });
      const needed = needs.length > 0 && { needs };
      const rows = signedRows && { explainRows: signedRows };
      return named(signed, { expression, ...needed, ...properties, ...rows });
    },
  );
}

/** Returns a function that checks findings and makes the attribution of them. */
function signer({
  expression,
  kind,
  plannedCost,
}: Pick<Explainer, 'expression' | 'kind' | 'plannedCost'>): (
  findings: Findings,
  of: Explained,
) => Attribution {
  return (findings, { f, x, key }) => {
    expectResultShape(`${expression}: values`, findings?.values, f.shape);
    const cost = findings.cost ?? exactCost(plannedCost?.(f, x));
    if (cost === undefined) return refuseResult(expression, 'a cost: { forward, backward }', 'none');
    expectFiniteValues(expression, findings.values);
    expectFiniteResidual(expression, findings.residual);
    expectFiniteDetails(expression, findings.details);
    return { ...findings, cost, kind, method: expression, key };
  };
}

/** What was explained, with which key. */
interface Explained {
  readonly f: Score;
  readonly x: Tensor;
  readonly key: Key;
}

/** The code of a definition may be plain JavaScript, which no compiler has checked. */
function expectKind(where: string, kind: unknown): void {
  const kinds: readonly unknown[] = attributionKinds;
  if (!kinds.includes(kind)) refuseResult(where, `a kind: ${attributionKinds.join(', ')}`, String(kind));
}

/** The rows of a planned cost; undefined where they are not known, or upper bounds. */
function exactCost(planned: PlannedCost | undefined): Cost | undefined {
  return planned === undefined || planned.atMost
    ? undefined
    : { forward: planned.forward, backward: planned.backward };
}

/** JSON has no other numbers. */
function expectFiniteDetails(where: string, details: Findings['details'] = {}): void {
  for (const [name, value] of Object.entries(details))
    if (typeof value === 'number' && !Number.isFinite(value))
      refuseResult(`${where}: details`, `a finite ${name}`, `${value}`);
}

function expectFiniteResidual(where: string, residual: number | undefined): void {
  if (residual === undefined || Number.isFinite(residual)) return;
  fail({
    code: 'non-finite',
    where,
    expected: 'a finite residual',
    got: `${residual}`,
    remedy: 'Look at the score: it is not finite at the input or at the baseline.',
  });
}
