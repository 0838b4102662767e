import { didYouMean, type Explainer, fail, type Metric } from '@onnxplain/core';
import { make } from '../expression/registry.js';
import { layoutNotices } from '../pipeline/notices/layout.js';
import { type Notifier, notifierOf } from '../pipeline/notices/notifier.js';
import type { Prepared } from '../pipeline/prepare.js';

/** Makes the explainers that are given as expressions. What the expressions may name and how tables are read comes from `prepared`. */
export const makeExplainers = (
  given: readonly (Explainer | string)[],
  prepared: Prepared,
): readonly Explainer[] =>
  listed('explainers', given).map((each, i) =>
    typeof each === 'string'
      ? make(each, 'explainer', prepared)
      : expectMade(each, `explainers[${i}]`, 'an explainer or its expression'),
  );

/** {@link makeExplainers} for metrics. */
export const makeMetrics = (given: readonly (Metric | string)[], prepared: Prepared): readonly Metric[] =>
  listed('metrics', given).map((each, i) =>
    typeof each === 'string'
      ? make(each, 'metric', prepared)
      : expectMade(each, `metrics[${i}]`, 'a metric or its expression'),
  );

function listed<T>(where: 'explainers' | 'metrics', given: readonly T[] | undefined): readonly T[] {
  if (Array.isArray(given)) return given;
  const got = given === undefined ? 'nothing' : typeof given;
  const remedy = `Give a list: { ${where}: [...] }.`;
  return fail({ code: 'usage', where, expected: 'a list', got, remedy });
}

/** Programs that no compiler checks may give a factory, which has no expression, instead of what it makes. */
function expectMade<T extends Explainer | Metric>(each: T, where: string, expected: string): T {
  if (typeof each?.expression === 'string') return each;
  const factory = typeof each === 'function' && 'definition' in each;
  const remedy = factory ? 'Call it with its options, as in gradient().' : undefined;
  return fail({ code: 'usage', where, expected, got: factory ? 'a factory' : String(each), remedy });
}

/**
 * Refuses what is no option of a call, which only programs without a type checker can give: a misspelt option would be ignored otherwise.
 * Throws `usage` without an object, `option-unknown` for a name that is not known.
 */
export function expectOptions(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    fail({ code: 'usage', where, expected: `options, such as { ${known[0]}: [...] }`, got: String(given) });
  }
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  fail({
    code: 'option-unknown',
    where: `${where}(${unknown})`,
    expected: `one of ${known.join(', ')}`,
    got: `option "${unknown}"`,
    remedy: didYouMean(unknown, known),
  });
}

interface Starting {
  readonly explainers: readonly Explainer[];
  /** The options of the call, whose expressions may depend on the layout. */
  readonly given: {
    readonly explainers: readonly (Explainer | string)[];
    readonly metrics?: readonly (Metric | string)[];
  };
}

/** Starts to collect the notices of a call. `known` are those about the layout; the notifier has those that are known before a run. */
export function startNotices(
  prepared: Prepared,
  { explainers, given }: Starting,
): { readonly notifier: Notifier; readonly known: readonly string[] } {
  const notifier = notifierOf(prepared, explainers, () => undefined);
  notifier.before();
  const known = layoutNotices(prepared, {
    explainer: expressionsIn(given.explainers),
    metric: expressionsIn(given.metrics ?? []),
    draws: false,
  });
  return { notifier, known };
}

const expressionsIn = (given: readonly (Explainer | Metric | string)[]): readonly string[] =>
  given.filter((each) => typeof each === 'string');
