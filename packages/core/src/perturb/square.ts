import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { type IndexRange, indices } from '../features/boxes.js';
import { planeOf } from '../features/plane.js';
import { lengthAlong, type WindowAxis, windowBox, windowCount, windowsAlong } from '../features/windows.js';
import type { Layout } from '../layout.js';
import { LAYOUT_HELP, option, z } from '../options.js';
import { fold } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';
import { type Shape, showShape } from '../tensor/tensor.js';
import { baselineCount, removalValueOptions, removalValues } from './baselines.js';
import { drawsOf } from './draw.js';

const leastAndGreatest = () =>
  z
    .tuple([option.count(), option.count()], 'two positive integers [least, greatest]')
    .refine(([least, greatest]) => least <= greatest, 'two positive integers [least, greatest]');

const EITHER = 'either size or sizes';

/**
 * Removes a square of the image, of all channels together or of one: sets it to the baseline. Squares lie wholly inside the image. Along
 * an axis of length 1 a square is 1 long, so that of a sequence a stretch is removed.
 * Source: [Y19] section 2.4, "square removal".
 * Throws `option-value` unless one of `size` and `sizes` is given. Drawing throws `option-value` for squares larger than the image, and
 * `not-applicable` for inputs that are no image.
 */
export const square = definePerturbation({
  name: 'square',
  summary: 'Removes a square of the image.',
  options: {
    size: option.count().optional().describe('Side of the square, in pixels. Give either size or sizes.'),
    sizes: leastAndGreatest().optional().describe('Least and greatest side; each square has any of them.'),
    positions: z
      .enum(['random', 'all'], '"random" or "all"')
      .default('random')
      .describe(
        '"random": the side, then the corner is drawn uniformly. "all": every side and corner once, by side, then row, then column, which ' +
          'makes a mean over all draws exact; with channels=each or several baselines by baseline, then channel, then side.',
      ),
    stride: option.count().default(1).describe('Corners are at multiples of this.'),
    channels: option
      .choice(['all', 'each'])
      .default('all')
      .describe(
        'all: a square has all channels. each: it has one, any of them; with positions=all every one.',
      ),
    ...removalValueOptions,
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['size'],
  example: { size: 2 },
  settle(options) {
    const { size, sizes } = options;
    if ((size === undefined) !== (sizes === undefined)) return options;
    const got = size === undefined ? 'nothing' : `${size}`;
    return fail({ code: 'option-value', where: 'square(size)', expected: EITHER, got });
  },
  make({ positions, stride, channels, baseline, noise, ...given }, expression) {
    const { size = 1, sizes = [size, size], layout = 'chw' } = given;
    const sidesFor = (shape: Shape) => squaresIn(expression, shape, { sizes, stride, layout });
    const channelsIn = (shape: Shape) =>
      channels === 'all' ? 1 : planeOf(expression, shape, layout).channels;
    const every = positions === 'all';
    return {
      masks: true,
      layoutOpen: given.layout === undefined,
      ...(every && {
        count: (shape) => countSquares(sidesFor(shape)) * channelsIn(shape) * baselineCount(baseline, shape),
        exhaustive: noise === undefined,
        inputIndependent: true,
      }),
      draw(x, { key, from, to }) {
        const sides = sidesFor(x.shape);
        const [count, many] = [countSquares(sides), channelsIn(x.shape)];
        const boxes = new Int32Array(4 * (to - from));
        const only = new Int32Array(to - from);
        for (let i = from; i < to; i++) {
          const random = stream(fold(key, i));
          const box = every ? nthSquare(sides, i % count) : randomSquare(sides, random);
          boxes.set(box.flat(), 4 * (i - from));
          only[i - from] = every ? Math.floor(i / count) % many : random.below(many);
        }
        const each = every ? { each: count * many } : {};
        const values = removalValues(expression, { baseline, noise }, { x, layout, key, from, to, ...each });
        return drawsOf(x, {
          kind: 'boxes',
          boxes,
          ...(channels === 'each' && { channels: only }),
          layout,
          ...values,
        });
      },
    };
  },
});

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
