import { fail } from '../error.js';
import { expression, named, omitDefault } from '../expression.js';
import { type IndexRange, indices } from '../features/boxes.js';
import { planeOf } from '../features/plane.js';
import { lengthAlong, type WindowAxis, windowBox, windowCount, windowsAlong } from '../features/windows.js';
import type { Layout } from '../layout.js';
import { option, parseOptions, z } from '../options.js';
import { fold, type Key } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';
import { type Shape, showShape, type Tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types.js';
import { baselineFor, drawsOf, expectSpan } from './draw.js';

const sizesOptions = z
  .tuple([option.count(), option.count()], 'two positive integers [least, greatest]')
  .refine(([least, greatest]) => least <= greatest, 'two positive integers [least, greatest]');

export const squareOptions = z
  .strictObject({
    size: option.count().optional(),
    sizes: sizesOptions.optional(),
    positions: z.enum(['random', 'all'], '"random" or "all"').default('random'),
    stride: option.count().default(1),
    baseline: option.baseline().default(0),
    layout: option.layout(),
  })
  .refine(({ size, sizes }) => (size === undefined) !== (sizes === undefined), {
    message: 'either size or sizes',
    path: ['size'],
  });

/**
 * Removes a square of the image, all channels together: sets it to `baseline` (a number, default 0, or a tensor, repeated to its shape).
 * The side is `size`, or any of `sizes: [least, greatest]`. `positions: 'random'` (default) takes the side, then the corner
 * uniformly; 'all' enumerates every side and corner (by side, then row, then column), `count(shape)` of them. Corners are
 * multiples of `stride` (default 1) and squares lie wholly inside; along an axis of length 1 a square is 1 long, so that of a sequence
 * a stretch is removed. `layout`: what the axes are; where it is left out, what the score says of its input takes its place (see
 * `perturbationOf`), and by itself the perturbation takes the last two axes for height and width ('chw').
 * Source: [Y19] section 2.4, "square removal".
 * Throws `option-value` for bad options and squares larger than the image, `not-applicable` for inputs that are no image.
 */
export function square(options: z.input<typeof squareOptions>): Perturbation {
  const given = parseOptions('square', squareOptions, options);
  const { size = 1, sizes = [size, size], positions, stride, baseline, layout = 'chw' } = given;
  const shown = expressionOf(given);
  const sidesFor = (shape: Shape) => squaresIn(shown, shape, { sizes, stride, layout });
  const count = (shape: Shape): number => countSquares(sidesFor(shape));

  function perturb(x: Tensor, key: Key, from: number, to: number) {
    const sides = sidesFor(x.shape);
    expectSpan(shown, { from, to }, positions === 'all' ? countSquares(sides) : undefined);
    const boxes = new Int32Array(4 * (to - from));
    for (let i = from; i < to; i++) {
      const box = positions === 'all' ? nthSquare(sides, i) : randomSquare(sides, stream(fold(key, i)));
      boxes.set(box.flat(), 4 * (i - from));
    }
    return drawsOf(x, { kind: 'boxes', boxes, layout, baseline: baselineFor(shown, baseline, x) });
  }
  return named(perturb, {
    expression: shown,
    masks: true,
    ...(given.layout === undefined && { inLayout: (found: Layout) => square({ ...options, layout: found }) }),
    ...(positions === 'all' ? { count, exhaustive: true, inputIndependent: true } : {}),
  });
}

function expressionOf(given: z.output<typeof squareOptions>): string {
  const { size, sizes, positions, stride, baseline, layout } = given;
  return expression('square', [], {
    size,
    sizes,
    positions: omitDefault(positions, 'random'),
    stride: omitDefault(stride, 1),
    baseline: omitDefault(baseline, 0),
    layout,
  });
}

/** The squares of one side: its places along the rows and along the columns of the image. */
type Squares = readonly [rows: WindowAxis, columns: WindowAxis];

/** All squares that may be removed, by side. Throws `option-value` for a side larger than the image. */
function squaresIn(
  where: string,
  shape: Shape,
  {
    sizes: [least, greatest],
    stride,
    layout,
  }: {
    readonly sizes: readonly [least: number, greatest: number];
    readonly stride: number;
    readonly layout: Layout;
  },
): readonly Squares[] {
  const { height, width } = planeOf(where, shape, layout);
  const most = Math.min(...(height > 1 || width > 1 ? [height, width].filter((dim) => dim > 1) : [1]));
  if (greatest > most) {
    fail({
      code: 'option-value',
      where,
      expected: `squares of side at most ${most} for an input of shape ${showShape(shape)}`,
      got: `side ${greatest}`,
    });
  }
  const along = (dim: number, side: number) =>
    windowsAlong(dim, { size: lengthAlong(dim, side), stride, border: 'inside' });
  return indices(least, greatest + 1).map((side) => [along(height, side), along(width, side)]);
}

function countSquares(sides: readonly Squares[]): number {
  return sides.reduce((count, squares) => count + windowCount(squares), 0);
}

function nthSquare(sides: readonly Squares[], n: number): readonly IndexRange[] {
  for (let side = 0, rest = n; ; side++) {
    const count = windowCount(sides[side]);
    if (rest < count) return windowBox(sides[side], rest);
    rest -= count;
  }
}

function randomSquare(sides: readonly Squares[], random: Stream): readonly IndexRange[] {
  return sides[random.below(sides.length)].map(({ size, starts }) => {
    const start = starts[random.below(starts.length)];
    return [start, start + size];
  });
}
