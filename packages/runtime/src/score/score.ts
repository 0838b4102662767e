import {
  type Layout,
  option,
  type Pass,
  type Progress,
  parseOptions,
  type Score,
  type Tensor,
  throwIfAborted,
  z,
} from '@onnxplain/core';
import type { Holds, Link } from '@onnxplain/graph';
import { insideOf, type Submit } from '../internals/inside.js';
import type { Model } from '../model/model.js';
import { narrow } from '../question/along.js';
import { type ChannelOptions, channel } from '../question/channel.js';
import { checkBatch } from '../question/check.js';
import { rowSizesOf } from '../question/classes.js';
import { layoutOf } from '../question/layout.js';
import { settlePass } from '../question/pass.js';
import { type Question, type QuestionOptions, settle } from '../question/question.js';
import { checkTargets, type FlatTarget, isAlongAxes, type Target, targetsOf } from '../question/target.js';
import { ortProducts } from '../session/products.js';
import type { Feeds } from '../session/value.js';
import { expectLink, meaningOfQuestion } from './meaning.js';

export interface ScoreOptions extends QuestionOptions {
  /**
   * The class to explain, or the element of the flattened row: one for every row; a list, one per row of each batch; or 'predicted', each
   * row's own best: the score is then a maximum, and its class may change from row to row. Of an output with several axes, what is taken
   * along each: `{ at: [3, 'sum', 'sum'], mask }`.
   */
  readonly target: Target;
  /**
   * 'logit' (default): the output as it stands; 'probability': the probability of the class, whatever the output holds, see
   * {@link outputMeaning}; 'margin': over the best other class. Where the output has several axes, classes are compared along that of the
   * classes, at every place, before anything is taken.
   */
  readonly link?: Link;
  /** What the output holds; default: found out. */
  readonly holds?: Holds;
  /**
   * The axis of classes of an output with several, from 0 for the first after the batch, or -1 for the last; default: what the graph tells
   * (`classAxisOf`). Only links that compare classes need it.
   */
  readonly classAxis?: number;
  /** Backward rules of `gradient`, by name; default 'gradient', the ordinary ones. */
  readonly rules?: string;
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
const links = ['logit', 'probability', 'margin'] as const satisfies readonly Link[];
const held = ['logits', 'probabilities', 'log-probabilities'] as const satisfies readonly Holds[];
const bounded = 'two numbers, the lower first';

/** Infinite ends, which zod's numbers refuse, say that nothing is known. */
const isInterval = (v: unknown): boolean =>
  Array.isArray(v) && v.length === 2 && v.every((end) => typeof end === 'number') && v[0] <= v[1];

const schema = z.strictObject({
  target: z.union(
    [index(), z.array(index()), z.literal('predicted'), alongAxes],
    "a class, a list of classes, 'predicted' or { at: [...], mask }",
  ),
  classAxis: z.number('an axis').int('an axis').optional(),
  output: name(),
  input: name(),
  shape: z.array(option.count(), 'a list of sizes').optional(),
  feeds: z.custom<Feeds>((v) => typeof v === 'object' && v !== null, 'arrays by input name').default({}),
  perRow: z.array(z.string('a name'), 'a list of names').optional(),
  link: z.enum(links, `one of ${links.join(', ')}`).default('logit'),
  holds: z.enum(held, `one of ${held.join(', ')}`).optional(),
  rules: z.string('a name').default('gradient'),
  batch: option.count().optional(),
  memory: option.positive().optional(),
  bounds: z
    .custom<readonly [number, number]>(isInterval, bounded)
    .default([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]),
  layout: option.layout(),
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
  onProgress: z.custom<ScoreOptions['onProgress']>((v) => typeof v === 'function', 'a function').optional(),
});

/**
 * A model as a score: one number of one output, as a function of one input, [n, ...shape] -> [n].
 *
 * Batches of any size, float32 or float64, are run in pieces; calls made in the same turn of the event loop on
 * scores of the same model, output, input and link are joined into common runs, whatever their targets. Timers
 * and signals get their turn between runs.
 *
 * Throws `option-*` and `name-unknown` for options, `output-unclear`, `target-range`, `type-mismatch` (integer
 * inputs, label outputs), `not-applicable` (an output that does not depend on the input, the probability of one unbounded number a
 * row, or a link whose axis of classes is not known), `feed-*` for the other inputs; calls throw `tensor-shape`, `feed-value` (infinity, and NaN unless the model takes it for a missing
 * value), `aborted`, `closed`, `run-failed`, and `gradient` what the compiler throws for operators without a
 * rule.
 */
export async function score(model: Model, options: ScoreOptions): Promise<Score> {
  const asked = parseOptions('score', schema, { ...options });
  const whole = settle(model, asked);
  const sizes = await rowSizesOf(model, whole);
  const holds = await heldFor(model, whole, asked);
  const { question, target } = narrow(model, whole, { ...asked, holds, sizes });
  if (!isAlongAxes(asked.target)) checkTargets(asked.target, sizes);
  const progress = progressOf(asked.onProgress);
  return scoreUnder(model, question, { ...asked, target, holds, progress, pass: { rules: asked.rules } });
}

type Asked = z.output<typeof schema>;

/** What the output holds, where the link depends on that. */
async function heldFor(
  model: Model,
  question: Question,
  { link, output, input, shape, feeds, perRow, holds }: Asked,
): Promise<Holds | undefined> {
  if (link !== 'probability') return undefined;
  const options = { output, input, shape, feeds, perRow, holds };
  return expectLink(await meaningOfQuestion(model, question, options), link);
}

interface Settled
  extends Pick<Asked, 'link' | 'holds' | 'batch' | 'memory' | 'bounds' | 'layout' | 'signal'> {
  readonly target: FlatTarget;
  readonly pass: Pass;
  /** Told of the rows of all backward passes together. */
  readonly progress: ReturnType<typeof progressOf>;
}

/** The score of a settled question under a backward pass. */
function scoreUnder(model: Model, question: Question, settled: Settled): Score {
  const { target, link, holds, batch, memory = model.memory, bounds } = settled;
  const pass = settlePass(settled.pass, question);
  const options: ChannelOptions = { link, holds, batch, memory, pass, predicted: target === 'predicted' };
  const { value, gradient } = channel(model, question, options);
  const submit = submitter(question, settled);

  return {
    shape: question.input.shape,
    bounds,
    get layout() {
      return settled.layout ?? layoutOf(model, question);
    },
    rules: pass.rules,
    async value(rows) {
      const data = await submit(value, 'forward', rows);
      return data instanceof Float64Array ? data : Float64Array.from(data);
    },
    async gradient(rows) {
      return { shape: rows.shape, data: await submit(gradient, 'backward', rows) };
    },
    products: model.shared('products', () => ortProducts(model.session)),
    under: (other) => scoreUnder(model, question, { ...settled, pass: other }),
    // Inner tensors have no baseline that rules could compare with.
    inside: pass.baseline === undefined ? insideOf(model, question, { ...options, submit }) : undefined,
  };
}

/** Takes a batch to a lane, checked, with the class of each row. */
function submitter({ input }: Question, { target, signal, progress }: Settled): Submit {
  return async (lane, kind, rows) => {
    throwIfAborted(signal);
    checkBatch(rows, input);
    const targets = targetsOf(target, rows.shape[0]);
    return lane().submit({ rows, targets, signal, onRows: progress?.(kind) });
  };
}

type Kind = 'forward' | 'backward';

/** Counts rows as they come back, and tells. */
function progressOf(tell: ScoreOptions['onProgress']): ((kind: Kind) => (rows: number) => void) | undefined {
  if (tell === undefined) return undefined;
  const started = performance.now();
  const rows = { forward: 0, backward: 0 };
  return (kind) => (more) => {
    rows[kind] += more;
    tell({ ...rows, rows: rows.forward + rows.backward, seconds: (performance.now() - started) / 1000 });
  };
}
