import { counted, fail, row, type Tensor } from '@onnxplain/core';
import type { AxesTarget, AxisTarget, ClassAxisChoice, Prediction } from '@onnxplain/runtime';

/** What is taken along each axis of an output. */
export interface NamedAxesTarget extends AxesTarget {
  /** The axis whose index was given as the name of a class. */
  readonly namedAxis?: number;
}

/** The target of one input, with the predicted entries filled in. */
export interface SettledEntries {
  /** What is taken along each axis after the batch. */
  readonly at: readonly Exclude<AxisTarget, 'predicted'>[];
  /** The element of the flattened output; undefined where sums or maxima are taken. */
  readonly element: number | undefined;
  /** Weights of the sums. */
  readonly mask: Tensor | undefined;
  /** The target as `score` takes it, which checks it. */
  readonly target: number | AxesTarget;
}

/** Whether at most one axis has several entries. */
export const isVector = (axes: readonly number[]): boolean => axes.filter((size) => size !== 1).length < 2;

/** Returns the indices along axes of an element of the flattened array. */
export function indicesOf(element: number, axes: readonly number[]): readonly number[] {
  let left = element;
  return axes
    .toReversed()
    .map((size) => {
      const index = left % size;
      left = (left - index) / size;
      return index;
    })
    .reverse();
}

/** Returns the element of the flattened array; undefined where the entries are not all indices. */
function elementOf(at: readonly AxisTarget[], axes: readonly number[]): number | undefined {
  return at.reduce<number | undefined>(
    (element, index, axis) =>
      element === undefined || typeof index !== 'number' ? undefined : element * axes[axis] + index,
    0,
  );
}

/** Replaces the entries 'predicted', in their order, by the predicted indices. `score` checks whether the output has the entries. */
export function settleEntries(
  { at, mask }: AxesTarget,
  axes: readonly number[],
  predicted: readonly number[],
): SettledEntries {
  const left = predicted.values();
  const settled = at.map((entry) => (entry === 'predicted' ? (left.next().value ?? 0) : entry));
  return { at: settled, element: elementOf(settled, axes), mask, target: { at: settled, mask } };
}

/** Settles an element of the flattened output. Throws `usage` for a class by name where the output has several axes. */
export function settleElement(element: number, axes: readonly number[], byName: boolean): SettledEntries {
  if (byName && !isVector(axes)) {
    return fail({
      code: 'usage',
      where: 'target',
      expected: `what is taken along each of the axes [${axes.join(', ')}] of the output`,
      got: 'the name of a class alone',
      remedy: 'Give sum, max or an index for the others, such as NAME:sum:sum, in the order of the axes.',
    });
  }
  return { at: indicesOf(element, axes), element, mask: undefined, target: element };
}

/**
 * Adds the mask of input i of n: the mask for all inputs, of the shape of the axes that are summed, or the input's own, along a first axis
 * of n. Throws `tensor-shape`.
 */
export function withMask(
  target: NamedAxesTarget,
  mask: Tensor | undefined,
  { i, n }: { i: number; n: number },
): NamedAxesTarget {
  if (mask === undefined) return target;
  const sums = target.at.filter((entry) => entry === 'sum').length;
  if (mask.shape.length === sums) return { ...target, mask };
  if (mask.shape.length === sums + 1 && mask.shape[0] === n) return { ...target, mask: row(mask, i) };
  return fail({
    code: 'tensor-shape',
    where: 'target mask',
    expected: `${counted(sums, 'axis', 'axes')}, those that ${target.at.join(':')} sums, or one more in front of size ${n}, with a mask for each input`,
    got: `[${mask.shape.join(', ')}]`,
  });
}

interface ClassAxisSources {
  /** The axis that was given. */
  readonly classAxis?: number;
  /** The axis whose index is the name of a class. */
  readonly namedAxis?: number;
  /** How many classes have names, from class 0 on. */
  readonly namedClasses?: number;
}

/**
 * Returns the axis of classes: the given one, else the one that the graph determines, else the one for which a name was given, else the
 * only one whose size is the number of named classes. Throws `option-value` for a name on another axis than the first two.
 */
export function classAxisFor(
  found: Pick<Prediction, 'axes' | 'classAxis'>,
  { classAxis, namedAxis, namedClasses }: ClassAxisSources,
): number | undefined {
  const { axes } = found;
  const given = classAxis !== undefined && classAxis < 0 ? classAxis + axes.length : classAxis;
  const told = given ?? found.classAxis?.axis;
  if (namedAxis !== undefined && told !== undefined && namedAxis !== told)
    refuseName(namedAxis, { told, byGraph: given === undefined ? found.classAxis : undefined });
  const fitting = axes.flatMap((size, axis) => (size === namedClasses ? [axis] : []));
  return told ?? namedAxis ?? (fitting.length === 1 ? fitting[0] : undefined);
}

function refuseName(
  namedAxis: number,
  { told, byGraph }: { told: number; byGraph: ClassAxisChoice | undefined },
): never {
  return fail({
    code: 'option-value',
    where: 'target',
    expected: `a name on the axis of classes, ${told}${byGraph === undefined ? ', as given' : ` by ${byGraph.told}`}`,
    got: `one on axis ${namedAxis}`,
    remedy: 'Give the name there, or say which axis has the classes: --class-axis, option classAxis.',
  });
}
