import { fail, row, type Tensor } from '@onnxplain/core';
import type { AxesTarget, AxisTarget, ClassAxisChoice, Prediction } from '@onnxplain/runtime';

/** What is asked for along the axes of an output. */
export interface Place extends AxesTarget {
  /** The axis whose index was given as the name of a class. */
  readonly named?: number;
}

/** What is explained of an output, nothing left open. */
export interface Taken {
  /** Along each axis after the batch. */
  readonly at: readonly Exclude<AxisTarget, 'predicted'>[];
  /** Its place in the flattened output; undefined where sums or maxima are taken. */
  readonly element: number | undefined;
  /** Weights of the sums. */
  readonly mask: Tensor | undefined;
  /** The same for a score, which checks it. */
  readonly target: number | AxesTarget;
}

/** How many axes have several entries. */
export const isVector = (axes: readonly number[]): boolean => axes.filter((size) => size !== 1).length < 2;

/** Indices along axes of a place in the flattened array. */
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

/** The place in the flattened array; undefined where the entries are not all indices. */
function elementOf(at: readonly AxisTarget[], axes: readonly number[]): number | undefined {
  return at.reduce<number | undefined>(
    (element, index, axis) =>
      element === undefined || typeof index !== 'number' ? undefined : element * axes[axis] + index,
    0,
  );
}

/** A place with the entries of 'predicted' in their order. Whether the output has it is left to the score. */
export function takenOf(
  { at, mask }: AxesTarget,
  axes: readonly number[],
  predicted: readonly number[],
): Taken {
  const left = predicted.values();
  const settled = at.map((entry) => (entry === 'predicted' ? (left.next().value ?? 0) : entry));
  return { at: settled, element: elementOf(settled, axes), mask, target: { at: settled, mask } };
}

/** An element of the flattened output. Throws `usage` for a class by name where the output has several axes. */
export function takenElement(element: number, axes: readonly number[], byName: boolean): Taken {
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
 * The mask of input i of n: the one for all, of the shape of the axes that are summed, or its own, along a first axis of n.
 * Throws `usage` for a target without sums, and `tensor-shape`.
 */
export function withMask(
  place: AxesTarget,
  mask: Tensor | undefined,
  { i, n }: { i: number; n: number },
): AxesTarget {
  if (mask === undefined) return place;
  const sums = place.at.filter((entry) => entry === 'sum').length;
  if (mask.shape.length === sums) return { ...place, mask };
  if (mask.shape.length === sums + 1 && mask.shape[0] === n) return { ...place, mask: row(mask, i) };
  return fail({
    code: 'tensor-shape',
    where: 'target mask',
    expected: `${sums} ax${sums === 1 ? 'is' : 'es'}, those that ${place.at.join(':')} sums, or one more in front of size ${n}, with a mask for each input`,
    got: `[${mask.shape.join(', ')}]`,
  });
}

interface ClassAxisSources {
  /** As it was said. */
  readonly asked: number | undefined;
  /** The axis whose index is a name. */
  readonly named: number | undefined;
  /** The classes that have names, from 0; undefined where none has. */
  readonly labels: number | undefined;
}

/**
 * The axis of classes: as it was said; where a name stands; what the graph tells; the only axis of as many entries as there are names.
 * Throws `option-value` for a name on another axis than the one that was said, or that the graph tells.
 */
export function classAxisFor(
  found: Pick<Prediction, 'axes' | 'classAxis'>,
  { asked, named, labels }: ClassAxisSources,
): number | undefined {
  const { axes, classAxis } = found;
  const said = asked !== undefined && asked < 0 ? asked + axes.length : asked;
  const told = said ?? classAxis?.axis;
  if (named !== undefined && told !== undefined && named !== told)
    refuseName(named, { told, classAxis: said === undefined ? classAxis : undefined });
  const fitting = axes.flatMap((size, axis) => (size === labels ? [axis] : []));
  return told ?? named ?? (fitting.length === 1 ? fitting[0] : undefined);
}

function refuseName(
  named: number,
  { told, classAxis }: { told: number; classAxis: ClassAxisChoice | undefined },
): never {
  return fail({
    code: 'option-value',
    where: 'target',
    expected: `a name on the axis of classes, ${told}${classAxis === undefined ? ', as was said' : ` by ${classAxis.told}`}`,
    got: `one on axis ${named}`,
    remedy: 'Give the name there, or say which axis has the classes: --class-axis, option classAxis.',
  });
}
