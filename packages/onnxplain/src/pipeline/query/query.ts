import { fail, type Layout } from '@onnxplain/core';
import type { Query } from '@onnxplain/experiment';
import type { NamedInput } from '@onnxplain/files';
import { type Feeds, isFloatPort, type Model, type OutputMeaning, outputMeaning } from '@onnxplain/runtime';
import { type ArrayCollector, arrayCollector, feedsOf, type QueryArrays, type TargetMask } from './arrays.js';
import { type NamedAxesTarget, withMask } from './target-entries.js';

/** A model, its inputs, and for each input the query: which number of the model is explained there. */
export interface QueriedInputs {
  readonly model: Model;
  readonly inputs: readonly NamedInput[];
  /** One per input, as JSON. */
  readonly queries: readonly Query[];
  /** The arrays that the queries name by content hash. */
  readonly arrays: QueryArrays;
  /** The names of classes by their number. */
  readonly labels: ClassLabels;
  /** What the explained output holds, and how that is known. */
  readonly meaning: OutputMeaning;
}

export type ClassLabels = ReadonlyMap<number, string>;

/** The target of one input: 'predicted', a class or element of the flattened output, or what is taken along each axis. */
export type QueryTarget = 'predicted' | number | NamedAxesTarget;

type QueryField =
  | 'output'
  | 'input'
  | 'batchAxis'
  | 'byName'
  | 'classAxis'
  | 'namedClasses'
  | 'holds'
  | 'rules'
  | 'bounds';

/** Options of {@link queryInputs}. Fields without a description are those of `Query`. */
export interface QueryOptions extends Partial<Pick<Query, QueryField>> {
  /** One target for all inputs, or a list with one per input; default 'predicted'. */
  readonly target?: QueryTarget | readonly QueryTarget[];
  /** Weights of the sums of the target, for all inputs; or with one more axis in front, one entry per input. */
  readonly mask?: TargetMask;
  /** How f is made of the output; default 'logit', the output as it stands. */
  readonly link?: Query['link'];
  /** Values of the further inputs, one row each: for all inputs, or a list with one per input. */
  readonly feeds?: Feeds | readonly Feeds[];
  /** Further inputs whose first axis is the batch axis although the model names it differently; default none. */
  readonly batchedFeeds?: readonly string[];
  /** What the axes of an input are; default: what the graph tells, else the shape by itself. */
  readonly layout?: Layout;
  /** Names of classes by their number; default none. */
  readonly labels?: ClassLabels;
  /** SHA-256 of the model file; default: of the bytes that the model was opened from. */
  readonly sha256?: string;
}

/**
 * Makes the query of each input and collects the arrays that the queries name. Finds out what the output holds, for which the model may
 * run. Throws `usage` for a list of targets or feeds of another length and for a mask without sums, `tensor-shape` for a mask of another
 * shape, and what `outputMeaning` throws.
 */
export async function queryInputs(
  model: Model,
  inputs: readonly NamedInput[],
  options: QueryOptions = {},
): Promise<QueriedInputs> {
  const { target = 'predicted', feeds, labels = new Map<number, string>() } = options;
  expectOnePerInput({ target, feeds }, inputs.length);
  const collector = arrayCollector();
  const own = inputs.map((_, i) => ({
    target: targetOf(target, options.mask, { i, n: inputs.length }),
    feeds: collector.addFeeds(itemOf(feeds, i)),
  }));
  const queries = own.map((each) => queryOf({ model, options, collector }, each));
  const { arrays } = collector;
  const rows = inputs.map(({ tensor }, i) => ({ row: tensor, feeds: feedsOf(queries[i], arrays) }));
  const { output, input, batchedFeeds, holds } = options;
  const meaning = await outputMeaning(model, { output, input, batchedFeeds, holds }, rows);
  return { model, inputs, queries, arrays, labels, meaning };
}

interface QueryContext {
  readonly model: Model;
  readonly options: QueryOptions;
  readonly collector: ArrayCollector;
}

/** The query of one input. */
function queryOf(
  { model, options, collector }: QueryContext,
  { target, feeds }: { target: QueryTarget; feeds: Query['feeds'] },
): Query {
  const {
    output,
    batchAxis,
    byName,
    classAxis,
    namedClasses,
    link = 'logit',
    holds,
    rules,
    bounds,
  } = options;
  return {
    model: { sha256: options.sha256 ?? model.sha256 },
    output,
    batchAxis,
    target: typeof target === 'object' ? hashedTarget(target, options, collector) : target,
    byName,
    classAxis,
    namedClasses,
    link,
    holds,
    rules,
    input: options.input ?? onlyInput(model, feeds),
    feeds,
    batchedFeeds: options.batchedFeeds && [...options.batchedFeeds],
    bounds,
    features: options.layout ?? 'elements',
  };
}

function hashedTarget(
  { at, mask, namedAxis }: NamedAxesTarget,
  options: QueryOptions,
  collector: ArrayCollector,
): Extract<Query['target'], object> {
  const hash = mask && collector.addMask({ weights: mask, file: options.mask?.file });
  return { at: [...at], mask: hash, namedAxis };
}

/** The only input of floats that has no value; empty where that is not clear, which `outputMeaning` refuses. */
function onlyInput(model: Model, feeds: Query['feeds']): string {
  const open = model.inputs.filter((port) => isFloatPort(port) && !Object.hasOwn(feeds, port.name));
  return open.length === 1 ? open[0].name : '';
}

/** The target of input i of n, with its mask. */
function targetOf(
  target: NonNullable<QueryOptions['target']>,
  mask: TargetMask | undefined,
  place: { i: number; n: number },
): QueryTarget {
  const own = itemOf(target, place.i);
  if (typeof own === 'object') return withMask(own, mask?.weights, place);
  if (mask === undefined) return own;
  return fail({
    code: 'usage',
    where: 'target mask',
    expected: 'a target with sums along the axes that the mask lies over, such as 3:sum:sum',
    got: `${own}`,
  });
}

/** The item of input i, or the one for all inputs. */
const itemOf = <T>(value: T | readonly T[], i: number): T => (isList(value) ? value[i] : value);

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

function expectOnePerInput(lists: Pick<QueryOptions, 'target' | 'feeds'>, inputs: number): void {
  for (const [where, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || list.length === inputs) continue;
    const one = where === 'target' ? 'one for all inputs' : 'the same for all inputs';
    fail({ code: 'usage', where, expected: `${one}, or ${inputs}, one per input`, got: `${list.length}` });
  }
}
