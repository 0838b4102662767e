import { fail } from '../error.js';
import { expression, named, omitDefault } from '../expression.js';
import { countAlong, lengthAlong } from '../features/windows.js';
import type { Layout } from '../layout.js';
import { option, parseOptions, z } from '../options.js';
import type { Key } from '../random/key.js';
import type { Stream } from '../random/stream.js';
import { boxRows } from '../rows/boxes.js';
import { type Box, eachRun, type Plane, planeOf } from '../rows/plane.js';
import { type Shape, showShape, type Tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types.js';
import { baselineFor, drawsOf, expectSpan, inputsOfEach } from './draw.js';

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
  const gridFor = (shape: Shape): Grid =>
    gridOf(shown, shape, { sizes, stride, plane: planeOf(shown, shape, layout) });
  const count = (shape: Shape): number => countSquares(gridFor(shape));

  function perturb(x: Tensor, key: Key, from: number, to: number) {
    const grid = gridFor(x.shape);
    expectSpan(shown, { from, to }, positions === 'all' ? countSquares(grid) : undefined);
    const absent = baselineFor(shown, baseline, x);
    const boxes = new Int32Array(4 * (to - from));
    const inputs = inputsOfEach(x, { key, from, to }, ({ i, random, input }) => {
      const box = positions === 'all' ? nthSquare(grid, i) : randomSquare(grid, random());
      for (let side = 0; side < 4; side++) boxes[4 * (i - from) + side] = box[side];
      input.set(x.data);
      eachRun(grid.plane, box, (start, end) => input.set(absent.subarray(start, end), start));
    });
    return drawsOf(x, inputs, boxRows({ shape: x.shape, boxes, layout }));
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

/** All squares that may be removed. */
interface Grid {
  readonly plane: Plane;
  readonly sizes: readonly [least: number, greatest: number];
  readonly stride: number;
}

function gridOf(where: string, shape: Shape, grid: Grid): Grid {
  const { height, width } = grid.plane;
  const largest = Math.min(...[height, width].filter((size) => size > 1));
  const most = Number.isFinite(largest) ? largest : 1;
  if (grid.sizes[1] > most) {
    fail({
      code: 'option-value',
      where,
      expected: `squares of side at most ${most} for an input of shape ${showShape(shape)}`,
      got: `side ${grid.sizes[1]}`,
    });
  }
  return grid;
}

/** How many corners a square of this side has along each axis. */
function corners({ plane, stride }: Grid, side: number): readonly [rows: number, columns: number] {
  const count = (dim: number) => countAlong(dim, { size: lengthAlong(dim, side), stride, clipped: false });
  return [count(plane.height), count(plane.width)];
}

function countSquares(grid: Grid): number {
  let count = 0;
  for (let side = grid.sizes[0]; side <= grid.sizes[1]; side++) {
    const [rows, columns] = corners(grid, side);
    count += rows * columns;
  }
  return count;
}

function nthSquare(grid: Grid, n: number): Box {
  let left = n;
  for (let side = grid.sizes[0]; ; side++) {
    const [rows, columns] = corners(grid, side);
    if (left < rows * columns) return boxAt(grid, side, [Math.floor(left / columns), left % columns]);
    left -= rows * columns;
  }
}

function randomSquare(grid: Grid, random: Stream): Box {
  const [least, greatest] = grid.sizes;
  const side = least + random.below(greatest - least + 1);
  const [rows, columns] = corners(grid, side);
  return boxAt(grid, side, [random.below(rows), random.below(columns)]);
}

function boxAt({ plane, stride }: Grid, side: number, [row, column]: readonly [number, number]): Box {
  const [top, left] = [row * stride, column * stride];
  return [top, top + lengthAlong(plane.height, side), left, left + lengthAlong(plane.width, side)];
}
