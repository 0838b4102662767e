import {
  type BackwardRules,
  type ClassScores,
  type DrawnWeights,
  type Layout,
  links,
  option,
  type Progress,
  parseOptions,
  type Score,
  type ScoreChange,
  type Tensor,
  throwIfAborted,
  z,
} from '@onnxplain/core';
import type { Link, OutputKind } from '@onnxplain/graph';
import { backwardOf } from '../function/backward.js';
import { checkBatch } from '../function/check-batch.js';
import { competingClasses } from '../function/competing-classes.js';
import { layoutOf } from '../function/layout.js';
import { type FunctionOptions, type ModelFunction, resolveFunction } from '../function/model-function.js';
import { outputSizes } from '../function/output-sizes.js';
import { type ScoreQueueOptions, scoreQueues } from '../function/queues.js';
import type { RowSizes } from '../function/selection.js';
import type { Submit } from '../function/submit.js';
import { checkTargets, type FlatTarget, isAxesTarget, type Target, targetsOf } from '../function/target.js';
import { resolveTarget } from '../function/target-axes.js';
import { drawnWeights, withWeights } from '../function/with-weights.js';
import { internalsOf } from '../internals/internals.js';
import type { Model } from '../model/model.js';
import { ortProducts } from '../session/products.js';
import type { Feeds } from '../session/value.js';
import { type ClassScoresOptions, classScores } from './classes.js';
import { type ComparedClasses, comparedClasses } from './compared.js';
import { derivativesOf } from './derivatives.js';
import { expectLink, meaningOfFunction } from './meaning.js';

/** Which number of a model is explained, as a function of which input, and how it is run. */
export interface ScoreOptions extends FunctionOptions {
  /**
   * The class to explain, or the element of the flattened row: one for every row; a list, one per row of each batch; or 'predicted', each
   * row's own best: the score is then a maximum, and its class may change from row to row. Of an output with several axes, what is taken
   * along each: `{ at: [3, 'sum', 'sum'], mask }`.
   */
  readonly target: Target;
  /**
   * 'logit' (default): the output as it stands; 'probability': the probability of the class, whatever the output holds, see
   * {@link outputMeaning}; 'margin': over the best other class. Where the output has several axes, classes are compared along that of the
   * classes, at every place, before anything is taken. An output of one number a row, which is the logit z or the probability p of class 1,
   * has the margin z = log p - log(1 - p).
   */
  readonly link?: Link;
  /** See `ScoreChange`; default false. */
  readonly logits?: boolean;
  /** What the output holds; default: found out. */
  readonly holds?: OutputKind;
  /**
   * The axis of classes of an output with several, from 0 for the first after the batch, or -1 for the last; default: what the graph tells
   * (`classAxisOf`). Only links that compare classes, and `classes` of the score, need it.
   */
  readonly classAxis?: number;
  /** Backward rules of `gradient`, by name or as `{ name, ...options }`; default 'gradient', the derivative. */
  readonly rules?: BackwardRules;
  /**
   * Rows of one run; default: as many as memory allows and speed, measured during the first large calls,
   * rewards.
   */
  readonly batch?: number;
  /** Bytes that one run may use for activations; default: the model's. */
  readonly memory?: number;
  /** Least and greatest value of an input element; default [-Infinity, Infinity]. */
  readonly bounds?: readonly [low: number, high: number];
  /** What the axes of an input are, for what removes windows; default: what the graph tells, else the shape by itself. */
  readonly layout?: Layout;
  /** Calls throw `aborted` when it is given, between two runs. */
  readonly signal?: AbortSignal;
  /** Called after every run with the rows of this score so far. */
  readonly onProgress?: (progress: Progress) => void;
}

const name = () => z.string('a name').optional();
const index = () => z.number('a class index').int('a class index');
const alongAxes = z.strictObject({
  at: z.array(z.union([z.number(), z.enum(['sum', 'max', 'predicted'])])).min(1),
  mask: z
    .custom<Tensor>((v) => typeof v === 'object' && v !== null && 'shape' in v && 'data' in v)
    .optional(),
});
const outputKinds = ['logits', 'probabilities', 'log-probabilities'] as const satisfies readonly OutputKind[];
const BOUNDS_TEXT = 'two numbers, the lower first';

/** Ends may be infinite, which zod's numbers refuse: nothing is known then. */
const isInterval = (v: unknown): boolean =>
  Array.isArray(v) && v.length === 2 && v.every((end) => typeof end === 'number') && v[0] <= v[1];

const target = z.union(
  [index(), z.array(index()), z.literal('predicted'), alongAxes],
  "a class, a list of classes, 'predicted' or { at: [...], mask }",
);
const link = z.enum(links, `one of ${links.join(', ')}`);
const rules = z.custom<BackwardRules>(
  (v) => typeof v === 'string' || (typeof v === 'object' && v !== null && 'name' in v),
  'a name or { name, ...options }',
);

const schema = z.strictObject({
  target,
  classAxis: z.number('an axis').int('an axis').optional(),
  output: name(),
  input: name(),
  shape: z.array(option.count(), 'a list of sizes').optional(),
  feeds: z.custom<Feeds>((v) => typeof v === 'object' && v !== null, 'arrays by input name').default({}),
  batchedFeeds: z.array(z.string('a name'), 'a list of names').optional(),
  link: link.default('logit'),
  logits: z.boolean().default(false),
  holds: z.enum(outputKinds, `one of ${outputKinds.join(', ')}`).optional(),
  rules: rules.default('gradient'),
  batch: option.count().optional(),
  memory: option.positive().optional(),
  bounds: z
    .custom<readonly [number, number]>(isInterval, BOUNDS_TEXT)
    .default([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]),
  layout: option.layout(),
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
  onProgress: z.custom<ScoreOptions['onProgress']>((v) => typeof v === 'function', 'a function').optional(),
});

const changeSchema = z.strictObject({
  weights: drawnWeights.optional(),
  target: target.optional(),
  link: link.optional(),
  logits: z.boolean().optional(),
  rules: rules.optional(),
});

/**
 * A model as a score: one number of one output, as a function of one input, [n, ...shape] -> [n].
 *
 * Batches of any size, float32 or float64, are cut into runs; calls made in the same turn of the event loop on
 * scores of the same model, output, input and link are joined into common runs, whatever their targets. Timers
 * and signals are handled between runs.
 *
 * Throws `option-*` and `name-unknown` for options, `output-unclear`, `target-range`, `type-mismatch` (integer
 * inputs, label outputs), `not-applicable` (an output that does not depend on the input, the probability or margin of one unbounded
 * number a row, or a link whose axis of classes is not known), `feed-*` for the other inputs; calls throw `tensor-shape`, `feed-value`
 * (infinity, and NaN unless the model takes it for a missing
 * value), `aborted`, `closed`, `run-failed`, and `gradient` what the compiler throws for operators without a
 * rule.
 */
export async function score(model: Model, options: ScoreOptions): Promise<Score> {
  const parsed = parseOptions('score', schema, { ...options });
  const whole = resolveFunction(model, parsed);
  const sizes = await outputSizes(model, whole);
  const progress = progressOf(parsed.onProgress);
  return scoreOf({ model, whole, sizes, progress }, parsed);
}

type ParsedOptions = z.output<typeof schema>;

/** What stays the same when target, link or rules change. */
interface ScoreBase {
  readonly model: Model;
  /** The function with the whole output and the weights of the model. A target takes something of its output. */
  readonly whole: ModelFunction;
  readonly sizes: RowSizes;
  /** Weights in place of those of the model. */
  readonly weights?: DrawnWeights;
  /** Receives the rows of the score and of all scores made from it by `with`. */
  readonly progress: ReturnType<typeof progressOf>;
}

/** The score of a target, a link and backward rules. */
async function scoreOf(base: ScoreBase, parsed: ParsedOptions): Promise<Score> {
  const { model, weights } = base;
  const holds = await meaningForLink(model, base.whole, parsed);
  const compared = await comparedBy(base, parsed);
  const classes = weights === undefined ? compared : { ...compared, fn: withWeights(compared.fn, weights) };
  const { sizes, target: asked, classAxis } = classes;
  const options = { ...parsed, target: asked, holds, sizes, classAxis };
  const { fn, target } = resolveTarget(model, classes.fn, options);
  if (!isAxesTarget(asked)) checkTargets(asked, sizes);
  return scoreWithRules({ base, classes, fn, target, holds }, parsed);
}

/** The numbers that the link takes the target of: the output, or what a margin compares. */
function comparedBy({ model, whole, sizes }: ScoreBase, parsed: ParsedOptions): Promise<ComparedClasses> {
  const { target, link, classAxis } = parsed;
  return link === 'margin'
    ? comparedClasses(model, whole, { ...parsed, sizes })
    : Promise.resolve({ fn: whole, sizes, target, classAxis, single: false });
}

/** Finds what the output holds, where the link depends on it. */
async function meaningForLink(
  model: Model,
  fn: ModelFunction,
  { link, output, input, shape, feeds, batchedFeeds, holds }: ParsedOptions,
): Promise<OutputKind | undefined> {
  if (link !== 'probability') return undefined;
  const options = { output, input, shape, feeds, batchedFeeds, holds };
  return expectLink(await meaningOfFunction(model, fn, options), link);
}

/** A function with a target and a link: all of a score but the backward rules. */
interface ResolvedScore {
  readonly base: ScoreBase;
  readonly classes: ComparedClasses;
  readonly fn: ModelFunction;
  readonly target: FlatTarget;
  readonly holds: OutputKind | undefined;
}

/** Makes the score of a function with backward rules. Throws what {@link backwardOf} throws. */
function scoreWithRules(resolved: ResolvedScore, parsed: ParsedOptions): Score {
  const { fn, target, holds } = resolved;
  const { model } = resolved.base;
  const { link, batch, memory = model.memory, bounds } = parsed;
  const backward = backwardOf(parsed.rules, fn);
  const runs = { batch, memory, backward };
  const options: ScoreQueueOptions = { ...runs, link, holds, predicted: target === 'predicted' };
  const queues = scoreQueues(model, fn, options);
  const submit = submitter(resolved, parsed.signal);
  const { rules } = backward;
  const layout = () => parsed.layout ?? layoutOf(model, fn);

  return {
    shape: fn.input.shape,
    bounds,
    get layout() {
      return layout();
    },
    rules,
    async value(rows) {
      const data = await submit(queues.value, { kind: 'forward', batch: rows });
      return data instanceof Float64Array ? data : Float64Array.from(data);
    },
    ...derivativesOf(fn, { target, rules, bounds, queues, submit, layout }),
    products: ortProducts(model.session),
    with: (change) => changedScore(resolved, parsed, change),
    // Inner tensors have no baseline that rules could compare with.
    internals: backward.baseline === undefined ? internalsOf(model, fn, { ...options, submit }) : undefined,
    get classes() {
      return classesOf(resolved, { ...runs, submit });
    },
  };
}

/** The numbers of all classes at the place of the target, where it names one class of several. */
function classesOf(
  { base: { model }, classes: { fn, sizes, target, classAxis, single } }: ResolvedScore,
  options: ClassScoresOptions,
): ClassScores | undefined {
  const found = competingClasses(model, fn, { target, sizes, classAxis });
  return found && { ...classScores(model, found, options), ...(single && { single }) };
}

/** The same input and model under another target, link, backward rules or weights; the rules alone resolve nothing again. */
async function changedScore(
  resolved: ResolvedScore,
  parsed: ParsedOptions,
  change: ScoreChange,
): Promise<Score> {
  const { weights, ...rest } = parseOptions('score.with', changeSchema, { ...change });
  const changed = { ...parsed, ...definedOptions(rest) };
  const { base } = resolved;
  if (weights !== undefined) return scoreOf({ ...base, weights }, changed);
  const { target, link, logits } = rest;
  const sameFunction = target === undefined && link === undefined && logits === undefined;
  return sameFunction ? scoreWithRules(resolved, changed) : scoreOf(base, changed);
}

/** Returns the options that are not undefined. */
function definedOptions(change: Omit<z.output<typeof changeSchema>, 'weights'>): Partial<typeof change> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** Returns a function that checks a batch and submits it to a queue, with the class of each row unless it has other parameters. */
function submitter({ fn, target, base }: ResolvedScore, signal: AbortSignal | undefined): Submit {
  const { input } = fn;
  return async (queue, { kind, batch, parameters: given, into }) => {
    throwIfAborted(signal);
    checkBatch(batch, input);
    const parameters = given ?? targetsOf(target, batch.shape[0]);
    return queue().submit({ rows: batch, parameters, into, signal, onRows: base.progress?.(kind) });
  };
}

type Kind = 'forward' | 'backward';

/** Counts the rows of finished runs and reports them to the caller. */
function progressOf(
  report: ScoreOptions['onProgress'],
): ((kind: Kind) => (rows: number) => void) | undefined {
  if (report === undefined) return undefined;
  const started = performance.now();
  const rows = { forward: 0, backward: 0 };
  return (kind) => (more) => {
    rows[kind] += more;
    report({ ...rows, rows: rows.forward + rows.backward, seconds: (performance.now() - started) / 1000 });
  };
}
