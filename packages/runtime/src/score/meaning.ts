import { asBatch, fail, sizeOf, type Tensor } from '@onnxplain/core';
import { type Link, type Logits, type OutputKind, outputKindOf } from '@onnxplain/graph';
import { type FunctionOptions, type ModelFunction, resolveFunction } from '../function/model-function.js';
import { outputRowShape } from '../function/output-sizes.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import { type ObservedNumbers, observeOutput } from './observe-output.js';

/** What the numbers of an output are, and how that is known. */
export interface OutputMeaning {
  readonly output: string;
  /** Numbers a row. */
  readonly classes: number;
  /**
   * 'logits' are several unbounded numbers a row, or what the caller says are logits; 'unbounded' is one such number a row, which may
   * be a regression or the logit of one class, or what a regressor gives; 'unknown' is what no run could tell.
   */
  readonly holds: OutputKind | 'unbounded' | 'unknown';
  readonly evidence: Evidence;
  /** What the probabilities were made of, where the graph has it as one value. */
  readonly logits?: Logits;
}

export type Evidence =
  /** A node shows it. */
  | { readonly by: 'graph'; readonly node: string; readonly op: string }
  /** Rows that were run show it: their numbers, and the sums of their rows, from the least to the greatest. */
  | {
      readonly by: 'observed';
      readonly rows: number;
      readonly range?: readonly [low: number, high: number];
      readonly sums?: readonly [low: number, high: number];
    }
  /** The caller said so. */
  | { readonly by: 'caller' };

export interface MeaningOptions extends FunctionOptions {
  /** What the output holds, where the caller knows. */
  readonly holds?: OutputKind;
}

/** A row that the model is run on, with the values of the other inputs that belong to it. */
export interface ObservedInput extends Pick<FunctionOptions, 'feeds'> {
  /** Without a batch axis. */
  readonly row: Tensor;
}

/**
 * Finds what the numbers of an output are: what the caller says; else what the graph shows, as it was exported or in canonical form; else
 * what the model gives on the given inputs and on 12 random rows (standard normals times 1, 10 and 100). As a rule one row is run.
 * Numbers in [0, 1] that sum to 1 in every row, or that vary, are probabilities; numbers of at most 0 whose exponentials sum to 1,
 * log-probabilities. Throws what {@link score} throws for its options.
 */
export async function outputMeaning(
  model: Model,
  { holds, ...options }: MeaningOptions,
  inputs: readonly ObservedInput[] = [],
): Promise<OutputMeaning> {
  const given = inputs.map(({ row, feeds }) => ({
    row,
    fn: resolveFunction(model, { ...options, shape: row.shape, feeds }),
  }));
  const fn = given[0]?.fn ?? resolveFunction(model, options);
  const first = given[0]?.row;
  const classes = sizeOf(await outputRowShape(model, fn, first && asBatch(first)));
  const output = fn.exported;
  const shown = functionGraphMeaning(model, fn);
  const about = { output, classes, logits: shown.logits };
  if (holds !== undefined) return { ...about, holds, evidence: { by: 'caller' } };
  if (shown.evidence !== undefined) return { ...about, holds: shown.holds, evidence: shown.evidence };
  const enough = (seen: ObservedNumbers) => !isWithinUnitInterval(seen) && !exponentialsSumToOne(seen);
  const seen = await observeOutput(model, { fn, given }, enough);
  return { ...about, holds: classify(seen, classes), evidence: evidenceOf(seen, classes) };
}

/** Meanings of outputs, by function, other inputs and what the caller says. */
const meanings = cacheKind<Promise<OutputMeaning>>(256);

/** Returns the meaning of a function's output where no inputs are given. Each model finds it once. */
export function meaningOfFunction(
  model: Model,
  fn: ModelFunction,
  options: MeaningOptions,
): Promise<OutputMeaning> {
  const { identity, others } = fn;
  const key = `${identity} ${others.id} ${options.holds}`;
  return model.cache(meanings).get(key, () => outputMeaning(model, options));
}

/** Returns what the graph shows of a function's output: in the form that is explained, else in that of the model. */
export function functionGraphMeaning(model: Model, { output, exported }: ModelFunction): GraphMeaning {
  const shown = graphMeaning(model, output);
  return shown.evidence === undefined ? graphMeaning(model, exported) : shown;
}

/** What the graph alone shows of an output. */
export interface GraphMeaning extends Pick<OutputMeaning, 'output' | 'holds' | 'logits'> {
  /** Undefined where the graph does not tell; `holds` is 'unknown' then. */
  readonly evidence?: Evidence;
}

/**
 * Returns what the graph shows of the numbers of an output or of an inner value, without a run: by the nodes of the file where they tell,
 * and
 * else by those of the canonical form, which also has the logits by name.
 */
export function graphMeaning({ source, graph }: Model, output: string): GraphMeaning {
  const canonical = outputKindOf(graph, output);
  const exported = outputKindOf(source, output);
  const { logits } = canonical;
  const { holds, by } = exported.holds === 'unknown' ? canonical : exported;
  if (by === undefined) return { output, holds: 'unknown', logits };
  const evidence = { by: 'graph', op: by.op, node: by.name === '' ? by.outputs[0] : by.name } as const;
  return { output, holds: holds === 'regression' ? 'unbounded' : holds, evidence, logits };
}

/** Tolerance for rounding, which holds for half precision too. */
const TOLERANCE = 1e-3;

const isOne = ([low, high]: readonly [number, number]): boolean =>
  Math.abs(low - 1) <= 5 * TOLERANCE && Math.abs(high - 1) <= 5 * TOLERANCE;

const isWithinUnitInterval = ({ low, high }: ObservedNumbers): boolean =>
  low >= -TOLERANCE && high <= 1 + TOLERANCE;
const exponentialsSumToOne = ({ high, exponentials }: ObservedNumbers): boolean =>
  high <= TOLERANCE && isOne(exponentials);

function classify(seen: ObservedNumbers, classes: number): OutputMeaning['holds'] {
  if (seen.rows === 0) return 'unknown';
  if (classes > 1 && exponentialsSumToOne(seen)) return 'log-probabilities';
  if (!isWithinUnitInterval(seen)) return classes === 1 ? 'unbounded' : 'logits';
  const sure = (classes > 1 && isOne(seen.sums)) || seen.high - seen.low > TOLERANCE;
  return sure ? 'probabilities' : 'unknown';
}

const evidenceOf = (
  { rows, low, high, sums }: ObservedNumbers,
  classes: number,
): OutputMeaning['evidence'] => ({
  by: 'observed',
  rows,
  range: rows === 0 ? undefined : [low, high],
  sums: rows === 0 || classes === 1 ? undefined : sums,
});

/**
 * Returns what a link needs to know of an output; undefined where it needs nothing. Throws `not-applicable` for the probability of numbers
 * that nothing says are logits: a sigmoid or softmax is applied to a regression only where the caller says that it is a logit.
 */
export function expectLink(meaning: OutputMeaning, link: Link): OutputKind | undefined {
  if (link !== 'probability') return undefined;
  return expectKnown(meaning, {
    link,
    expected: 'probabilities, log-probabilities, or logits of several classes',
    remedy: "Explain the number as it stands with link 'logit'; where it is a logit, say so",
  });
}

/** Returns what the one number of an output is. Throws `not-applicable` where nothing says that it is the number of a class. */
export function expectClassNumber(meaning: OutputMeaning): OutputKind {
  return expectKnown(meaning, {
    link: 'margin',
    expected: 'several classes, or one number that is the probability or the logit of a class',
    remedy: 'A regression has no class that could change; where the number is a logit, say so',
  });
}

interface Needed {
  readonly link: Link;
  readonly expected: string;
  readonly remedy: string;
}

function expectKnown(
  { output, classes, holds }: OutputMeaning,
  { link, expected, remedy }: Needed,
): OutputKind {
  if (holds !== 'unbounded' && holds !== 'unknown') return holds;
  const what = classes === 1 ? 'one number a row' : `${classes} numbers a row`;
  return fail({
    code: 'not-applicable',
    where: `output "${output}" with link '${link}'`,
    expected,
    got:
      holds === 'unbounded'
        ? `${what}, not bounded: a regression, as far as can be told`
        : `${what}, and no run that tells what they are`,
    remedy: `${remedy} by holds 'logits' (--holds logits, or "holds": "logits" in the model card).`,
  });
}
