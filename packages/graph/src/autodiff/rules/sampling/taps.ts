import type { MathBuilder, Term } from '../../../builder/math-builder.js';
import { constantFrom } from '../../../ir/constant.js';
import { type Coordinate, clamped, lastIndex, reflected, type SampledAxis } from './coordinate.js';

/** The elements along an axis that a value between them is interpolated from. The tensors have one more axis than the coordinate. */
export interface Taps {
  /** Indices, int64, from 0 to size - 1. */
  readonly index: string;
  readonly weight: string;
  /** Derivative of the weights by the input that the coordinate is computed from; undefined if it is 0. */
  readonly derivative: string | undefined;
}

/** An interpolation kernel. The weights of its taps are polynomials in t, the distance of the coordinate from the anchor. */
export interface Kernel {
  readonly anchor: 'Floor' | 'Round';
  /** Positions of the taps relative to the anchor. */
  readonly offsets: readonly number[];
  /** Coefficients of 1, t, t², ... for each tap. */
  readonly powers: readonly (readonly number[])[];
}

const A = -0.75;

/** The cubic kernel is Keys' with a = -3/4, as in PyTorch. */
export const kernels = {
  nearest: { anchor: 'Round', offsets: [0], powers: [[1]] },
  linear: {
    anchor: 'Floor',
    offsets: [0, 1],
    powers: [
      [1, 0],
      [-1, 1],
    ],
  },
  cubic: {
    anchor: 'Floor',
    offsets: [-1, 0, 1, 2],
    powers: [
      [0, 1, 0, 0],
      [A, 0, -A, 0],
      [-2 * A, -(A + 3), 2 * A + 3, A],
      [A, A + 2, -(A + 2), -A],
    ],
  },
} as const satisfies Record<string, Kernel>;

export type Padding = 'zeros' | 'border' | 'reflection';

interface TapOptions extends SampledAxis {
  readonly kernel: Kernel;
  readonly padding: Padding;
}

/** Returns the taps at a coordinate. `padding` says which elements replace those outside the axis. */
export function tapsAt(
  b: MathBuilder,
  coordinate: Coordinate,
  { kernel, padding, ...axis }: TapOptions,
): Taps {
  const at = b.unsqueeze(coordinate.position, [b.rank(coordinate.position)]);
  const anchor = b.map(kernel.anchor, at);
  const t = b.sub(at, anchor);
  const positions = b.add(anchor, constantVector(b, kernel.offsets, at));
  const weightDerivative = polynomial(b, derivative(kernel.powers), t);
  const coordinateDerivative = derivativeTerm(b, coordinate.derivative);
  const taps = {
    weight: (kernel.powers.length > 1 && polynomial(b, kernel.powers, t)) || b.ones(at),
    derivative: weightDerivative && b.mul(weightDerivative, coordinateDerivative),
  };
  return applyPadding(b, taps, { ...axis, positions, padding });
}

/** Adds the axis of the taps. */
const derivativeTerm = (b: MathBuilder, derivative: Term): Term =>
  typeof derivative === 'number' || b.rank(derivative) === 0
    ? derivative
    : b.unsqueeze(derivative, [b.rank(derivative)]);

interface UnpaddedTaps extends SampledAxis {
  /** Positions of the taps, as floats; they may lie outside the axis. */
  readonly positions: string;
  readonly padding: Padding;
}

function applyPadding(
  b: MathBuilder,
  taps: { weight: string; derivative: string | undefined },
  { positions, padding, ...axis }: UnpaddedTaps,
): Taps {
  const index = (at: string) => b.cast(at, 'int64');
  const shown =
    padding === 'reflection'
      ? reflected(b, { position: positions, derivative: 1 }, axis).position
      : positions;
  if (padding !== 'zeros')
    return { ...taps, index: index(clamped(b, { position: shown, derivative: 1 }, axis).position) };
  const inside = b.emit('And', [
    b.compare('GreaterOrEqual', positions, 0),
    b.compare('LessOrEqual', positions, lastIndex(b, axis, positions)),
  ]);
  const there = b.mask(inside, positions);
  return {
    index: index(b.where(inside, positions, 0)),
    weight: b.mul(taps.weight, there),
    derivative: taps.derivative && b.mul(taps.derivative, there),
  };
}

type Rows = readonly (readonly number[])[];

/** Evaluates one polynomial for each tap by Horner's scheme; undefined if there are no coefficients. */
function polynomial(b: MathBuilder, rows: Rows, t: string): string | undefined {
  return rows
    .map((row) => constantVector(b, row, t))
    .reduceRight<string | undefined>(
      (rest, row) => (rest === undefined ? row : b.add(b.mul(rest, t), row)),
      undefined,
    );
}

const derivative = (rows: Rows): Rows => rows.slice(1).map((row, p) => row.map((c) => c * (p + 1)));

const constantVector = (b: MathBuilder, values: readonly number[], like: string): string =>
  b.constant(constantFrom(b.dtype(like), [values.length], values), 'taps');
