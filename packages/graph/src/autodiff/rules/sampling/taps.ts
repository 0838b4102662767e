import type { MathBuilder, Term } from '../../../builder/math-builder.js';
import { constantFrom } from '../../../ir/constant.js';
import { type Coordinate, held, lastOf, mirrored, type SampledAxis } from './coordinate.js';

/** The elements along an axis that make the value at a coordinate: one more axis than the coordinate has. */
export interface Taps {
  /** int64, all of them on the axis. */
  readonly index: string;
  readonly weight: string;
  /** How fast the weights move with what the coordinate was made of; undefined where they do not. */
  readonly slope: string | undefined;
}

/** How values between elements are made: weights are polynomials in the distance t from the anchor. */
export interface Kernel {
  readonly anchor: 'Floor' | 'Round';
  /** Taps, from the anchor. */
  readonly offsets: readonly number[];
  /** Coefficients of 1, t, t², ... for each tap. */
  readonly powers: readonly (readonly number[])[];
}

const A = -0.75;

/** Keys' cubic has a = -3/4, as in PyTorch. */
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

interface Read extends SampledAxis {
  readonly kernel: Kernel;
  readonly padding: Padding;
}

/** The taps at a coordinate. Padding says what is read outside the axis, element by element. */
export function tapsAt(b: MathBuilder, coordinate: Coordinate, { kernel, padding, ...axis }: Read): Taps {
  const at = b.unsqueeze(coordinate.at, [b.rank(coordinate.at)]);
  const anchor = b.map(kernel.anchor, at);
  const t = b.sub(at, anchor);
  const places = b.add(anchor, vector(b, kernel.offsets, at));
  const steepness = polynomial(b, derivative(kernel.powers), t);
  const motion = slopeTerm(b, coordinate.slope);
  const taps = {
    weight: (kernel.powers.length > 1 && polynomial(b, kernel.powers, t)) || b.ones(at),
    slope: steepness && b.mul(steepness, motion),
  };
  return padded(b, taps, { ...axis, places, padding });
}

/** Beside the taps. */
const slopeTerm = (b: MathBuilder, slope: Term): Term =>
  typeof slope === 'number' || b.rank(slope) === 0 ? slope : b.unsqueeze(slope, [b.rank(slope)]);

interface Places extends SampledAxis {
  /** Indices as floats; they may lie outside. */
  readonly places: string;
  readonly padding: Padding;
}

function padded(
  b: MathBuilder,
  taps: { weight: string; slope: string | undefined },
  { places, padding, ...axis }: Places,
): Taps {
  const index = (at: string) => b.cast(at, 'int64');
  const shown = padding === 'reflection' ? mirrored(b, { at: places, slope: 1 }, axis).at : places;
  if (padding !== 'zeros') return { ...taps, index: index(held(b, { at: shown, slope: 1 }, axis).at) };
  const inside = b.emit('And', [
    b.compare('GreaterOrEqual', places, 0),
    b.compare('LessOrEqual', places, lastOf(b, axis, places)),
  ]);
  const there = b.mask(inside, places);
  return {
    index: index(b.where(inside, places, 0)),
    weight: b.mul(taps.weight, there),
    slope: taps.slope && b.mul(taps.slope, there),
  };
}

type Rows = readonly (readonly number[])[];

/** Horner's scheme, one polynomial for each tap; undefined for none. */
function polynomial(b: MathBuilder, rows: Rows, t: string): string | undefined {
  return rows
    .map((row) => vector(b, row, t))
    .reduceRight<string | undefined>(
      (rest, row) => (rest === undefined ? row : b.add(b.mul(rest, t), row)),
      undefined,
    );
}

const derivative = (rows: Rows): Rows => rows.slice(1).map((row, p) => row.map((c) => c * (p + 1)));

const vector = (b: MathBuilder, values: readonly number[], like: string): string =>
  b.constant(constantFrom(b.dtype(like), [values.length], values), 'taps');
