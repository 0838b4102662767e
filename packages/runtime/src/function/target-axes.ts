import { fail, type Tensor } from '@onnxplain/core';
import { type AxisTake, builderOf, type Link, type OutputKind, takeAxes } from '@onnxplain/graph';
import { constantFeeds, mergeFeeds } from '../batching/constant-feeds.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import type { Port } from '../session/value.js';
import { hashOf } from './backward.js';
import { checkAxes } from './check-axes.js';
import { classAxisIn, expectClassAxis, namedAxis } from './class-axis.js';
import type { ModelFunction } from './model-function.js';
import { isOneAxis } from './output-sizes.js';
import type { AxesSelection, ClassAxisChoice, RowSizes } from './selection.js';
import { type AxesTarget, type AxisTarget, type FlatTarget, isAxesTarget, type Target } from './target.js';

export interface TargetOptions {
  readonly target: Target;
  readonly link: Link;
  /** What the output holds, where the link needs to know. */
  readonly holds?: OutputKind;
  readonly sizes: RowSizes;
  /** The axis that the caller named. */
  readonly classAxis?: number;
}

/** The function that gives the entries which a target takes, and the index of the target among these entries, flattened. */
export interface ResolvedTarget {
  readonly fn: ModelFunction;
  readonly target: FlatTarget;
}

/**
 * Resolves a target along several axes, and the axis of classes where a link compares them. Targets that take entries of the same axes
 * share runs, whatever the entries. Throws what `checkAxes` throws, and `not-applicable` where the axis of classes is not known,
 * or is summed.
 */
export function resolveTarget(model: Model, fn: ModelFunction, options: TargetOptions): ResolvedTarget {
  const { target, sizes, classAxis } = options;
  // The axis that the caller names is checked for every link.
  if (classAxis !== undefined) namedAxis(classAxis, sizes);
  if (!isAxesTarget(target)) {
    const takes = sizes.map((): AxisTake => 'all');
    return { fn: withSelection(model, fn, { ...options, takes }), target };
  }
  checkAxes(target, sizes);
  const { at, mask } = target;
  const flat = flatTarget(at, sizes);
  const takes =
    flat === undefined ? takesOf(at) : at.map((each) => (typeof each === 'number' ? 'all' : each));
  const narrowed = withSelection(model, fn, { ...options, takes: takesOf(takes), mask });
  return { fn: narrowed, target: flat ?? (at.includes('predicted') ? 'predicted' : 0) };
}

/** Returns the function that gives what a target takes. The axes with 'predicted' remain. Throws what `checkAxes` throws. */
export function selectAxes(
  model: Model,
  fn: ModelFunction,
  { target, sizes }: { readonly target: AxesTarget; readonly sizes: RowSizes },
): ModelFunction {
  checkAxes(target, sizes);
  return withSelection(model, fn, {
    link: 'logit',
    sizes,
    takes: takesOf(target.at),
    mask: target.mask,
  });
}

/** Takes all entries of the axes with 'predicted'. */
const takesOf = (at: readonly (AxisTarget | AxisTake)[]): readonly AxisTake[] =>
  at.map((each) => (each === 'predicted' ? 'all' : each));

/** Flattens the indices of a target; undefined where a size is unknown or an axis has 'predicted'. */
function flatTarget(at: readonly AxisTarget[], sizes: RowSizes): number | undefined {
  if (at.includes('predicted')) return undefined;
  return at.reduce<number | undefined>((place, index, axis) => {
    const size = sizes[axis];
    if (typeof index !== 'number') return place;
    return place === undefined || size === undefined ? undefined : place * size + index;
  }, 0);
}

interface Selecting extends Omit<TargetOptions, 'target'> {
  readonly takes: readonly AxisTake[];
  readonly mask?: Tensor;
}

/** Graphs that take the entries of a target, by the identity of the function. */
const selectionGraphs = cacheKind<ReturnType<typeof takeAxes>>(64);

/** Returns the function that gives what is taken. It is the same function where everything is taken and no link has several positions. */
function withSelection(model: Model, fn: ModelFunction, selecting: Selecting): ModelFunction {
  const { takes, mask } = selecting;
  const whole = takes.every((take) => take === 'all');
  if (whole && (selecting.link === 'logit' || isOneAxis(selecting.sizes))) return fn;
  const classAxis = classAxisFor(model, fn, selecting);
  const chosen = select(model, fn, { takes, mask, classAxis });
  const open = fn.open && { ...fn.open, fn: select(model, fn.open.fn, { takes, mask, classAxis }) };
  return { ...chosen, open };
}

interface Chosen {
  readonly takes: readonly AxisTake[];
  readonly mask: Tensor | undefined;
  readonly classAxis: ClassAxisChoice | undefined;
}

function select(model: Model, fn: ModelFunction, { takes, mask, classAxis }: Chosen): ModelFunction {
  const weighted = mask === undefined ? fn : withWeights(fn, { mask, takes });
  const weights = mask && weighted.graph.inputs[weighted.graph.inputs.length - 1].name;
  const selection: AxesSelection = { of: fn.output, takes, weights, classAxis };
  const identity = `${fn.identity} along ${JSON.stringify([takes, mask?.shape, classAxis?.axis])}`;
  if (takes.every((take) => take === 'all')) return { ...weighted, selection, identity };
  // Functions with equal identity have equal graphs.
  const { graph, name } = model
    .cache(selectionGraphs)
    .get(identity, () => takeAxes(weighted.graph, { of: fn.output, axes: takes, weights }));
  const axes = fn.axes?.filter((_, axis) => takes[axis] === 'all');
  return { ...weighted, graph, output: name, axes, selection, identity };
}

/**
 * Returns the axis of classes; undefined where the link does not compare classes. Throws `not-applicable` where it is unknown or summed.
 */
function classAxisFor(model: Model, fn: ModelFunction, selecting: Selecting): ClassAxisChoice | undefined {
  const { link, holds, sizes, classAxis, takes } = selecting;
  if (link === 'logit' || (link === 'probability' && holds !== 'logits')) return undefined;
  const found = expectClassAxis(classAxisIn(model, fn, { sizes, named: classAxis }), { link, sizes });
  if (takes[found.axis] !== 'sum') return found;
  return fail({
    code: 'not-applicable',
    where: `link ${link}`,
    expected: `a class on axis ${found.axis}, whose classes the link compares`,
    got: 'their sum',
    remedy: "Give the index of a class, max or predicted there, or use link 'logit'.",
  });
}

interface Weights {
  readonly mask: Tensor;
  readonly takes: readonly AxisTake[];
}

/** Adds an input for the weights of the sums as the last one, [1, ...axes], with size 1 on the axes that are not summed. */
function withWeights(fn: ModelFunction, { mask, takes }: Weights): ModelFunction {
  const { graph, output, others } = fn;
  const { dtype = 'float32' } = graph.outputs.find(({ name }) => name === output) ?? {};
  const sizes = mask.shape.values();
  const shape = [1, ...takes.map((take) => (take === 'sum' ? (sizes.next().value ?? 1) : 1))];
  const port: Port = { name: builderOf(graph).fresh('target-mask'), dtype, dims: shape };
  const feeds = { [port.name]: { data: mask.data, shape } };
  const weights = constantFeeds({ ports: [port], feeds, batchDim: undefined, takesMissing: () => false });
  return {
    ...fn,
    graph: { ...graph, inputs: [...graph.inputs, port] },
    others: mergeFeeds(others, { ...weights, id: hashOf(mask) }),
  };
}
