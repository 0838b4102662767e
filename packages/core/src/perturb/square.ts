import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { type IndexRange, indices } from '../features/boxes.js';
import { planeOf } from '../features/plane.js';
import { lengthAlong, type WindowAxis, windowBox, windowCount, windowsAlong } from '../features/windows.js';
import type { Layout } from '../layout.js';
import { LAYOUT_HELP, option, z } from '../options.js';
import type { Key } from '../random/key.js';
import { streamsOf } from '../random/stream.js';
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
        const { boxes, only } = every
          ? numberedSquares(sides, { from, to, many })
          : randomSquares(sides, { key, from, to, many });
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

/** Squares, four numbers each, and a channel for each. */
interface ChosenSquares {
  readonly boxes: Int32Array;
  readonly only: Int32Array;
}

interface Span {
  readonly from: number;
  readonly to: number;
  /** Number of channels. */
  readonly many: number;
}

const unchosen = ({ from, to }: Span): ChosenSquares => ({
  boxes: new Int32Array(4 * (to - from)),
  only: new Int32Array(to - from),
});

/** The squares with these numbers, by channel, then side, then row, then column; from the first again after the last. */
function numberedSquares(sides: readonly Squares[], span: Span): ChosenSquares {
  const chosen = unchosen(span);
  const count = countSquares(sides);
  for (let i = span.from; i < span.to; i++) {
    chosen.boxes.set(nthSquare(sides, i % count).flat(), 4 * (i - span.from));
    chosen.only[i - span.from] = Math.floor(i / count) % span.many;
  }
  return chosen;
}

/** Draws a side, a row, a column and a channel for each square. */
function randomSquares(sides: readonly Squares[], span: Span & { readonly key: Key }): ChosenSquares {
  const chosen = unchosen(span);
  const streamAt = streamsOf(span.key);
  for (let i = span.from; i < span.to; i++) {
    const random = streamAt(i);
    const axes = sides[random.below(sides.length)];
    for (let axis = 0; axis < 2; axis++) {
      const { size, starts } = axes[axis];
      const start = starts[random.below(starts.length)];
      const at = 4 * (i - span.from) + 2 * axis;
      chosen.boxes[at] = start;
      chosen.boxes[at + 1] = start + size;
    }
    chosen.only[i - span.from] = random.below(span.many);
  }
  return chosen;
}
