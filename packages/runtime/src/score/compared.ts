import type { OutputKind } from '@onnxplain/graph';
import { type FunctionOptions, type ModelFunction, resolveFunction } from '../function/model-function.js';
import { isOneAxis, outputSizes } from '../function/output-sizes.js';
import type { RowSizes } from '../function/selection.js';
import { checkTargets, type FlatTarget, isAxesTarget, type Target } from '../function/target.js';
import { twoClasses } from '../function/two-classes.js';
import type { Model } from '../model/model.js';
import { expectClassNumber, functionGraphMeaning, meaningOfFunction } from './meaning.js';

/** A function whose numbers are those of the classes that a margin compares, and the target among them. */
export interface ComparedClasses {
  readonly fn: ModelFunction;
  readonly sizes: RowSizes;
  readonly target: Target;
  /** The axis of classes that the caller named. */
  readonly classAxis?: number;
  /** Whether the model gives one number for two classes. */
  readonly single: boolean;
}

export interface ComparedOptions extends FunctionOptions {
  readonly target: Target;
  readonly sizes: RowSizes;
  readonly classAxis?: number;
  /** Whether the logits that probabilities were made of are compared, where the graph has them. */
  readonly logits: boolean;
  readonly holds?: OutputKind;
}

/**
 * Finds the numbers that a margin compares. As a rule they are the output as it stands. One number a row is the logit or the probability of
 * class 1, from which both classes are made; throws `not-applicable` where it may be a regression. With `logits`, the logits in front of
 * the last softmax or sigmoid, where the graph has them as one value with the same classes; `fn` has to be the function of the output with
 * the weights of the file.
 */
export async function comparedClasses(
  model: Model,
  fn: ModelFunction,
  options: ComparedOptions,
): Promise<ComparedClasses> {
  const { sizes, target, classAxis } = options;
  const asItStands = { fn, sizes, target, classAxis, single: false };
  const count = sizes.reduce<number>((product, size) => product * (size ?? Number.NaN), 1);
  if (count === 1) return { ...(await ofOneNumber(model, fn, options)), target: ofClass1(target, sizes) };
  const flat = flatOf(target);
  if (!options.logits || Number.isNaN(count) || !isOneAxis(sizes) || flat === undefined) return asItStands;
  return (await ofLogits(model, fn, { ...options, count, flat })) ?? asItStands;
}

/** Both classes of a model that gives one number a row. */
async function ofOneNumber(model: Model, fn: ModelFunction, options: ComparedOptions) {
  const { output, input, shape, feeds, batchedFeeds, holds } = options;
  const asked = { output, input, shape, feeds, batchedFeeds };
  const meaning = await meaningOfFunction(model, fn, { ...asked, holds });
  const kind = expectClassNumber(meaning);
  const { logits } = meaning;
  const isBehind = kind === 'probabilities' && logits?.classes === 'same';
  const z = isBehind ? resolveFunction(model, { ...asked, output: logits.value }) : fn;
  return {
    fn: twoClasses(model, z, { holds: isBehind ? 'logits' : kind, of: 1 }),
    sizes: [2],
    single: true,
  };
}

/** The logits behind several probabilities; undefined where the graph does not have them with the same classes. */
async function ofLogits(
  model: Model,
  fn: ModelFunction,
  { count, flat, ...options }: ComparedOptions & { readonly count: number; readonly flat: FlatTarget },
): Promise<ComparedClasses | undefined> {
  const { logits } = functionGraphMeaning(model, fn);
  if (logits === undefined || logits.classes === 'other') return undefined;
  const { input, shape, feeds, batchedFeeds } = options;
  const z = resolveFunction(model, { input, shape, feeds, batchedFeeds, output: logits.value });
  const sizes = await outputSizes(model, z);
  const found = sizes.reduce<number>((product, size) => product * (size ?? Number.NaN), 1);
  const { classes } = logits;
  if (classes === 'same')
    return found === count && isOneAxis(sizes) ? { fn: z, sizes, target: flat, single: false } : undefined;
  if (found !== 1 || count !== 2) return undefined;
  const both = twoClasses(model, z, { holds: 'logits', of: classes === 0 ? 0 : 1 });
  return { fn: both, sizes: [2], target: flat, single: false };
}

/** The target as an index of the flattened row, of which one axis has several entries; undefined for sums, maxima and masks. */
function flatOf(target: Target): FlatTarget | undefined {
  if (!isAxesTarget(target)) return target;
  const indices = target.at.filter((each) => typeof each === 'number');
  return indices.length === target.at.length ? indices.reduce((a, b) => a + b, 0) : undefined;
}

/** The only target of one number, 0, stands for class 1. */
function ofClass1(target: Target, sizes: RowSizes): FlatTarget {
  const flat = flatOf(target) ?? 0;
  if (flat === 'predicted') return flat;
  checkTargets(flat, sizes);
  return typeof flat === 'number' ? 1 : flat.map(() => 1);
}
