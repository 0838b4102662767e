import { definePerturbation, type PerturbationRecipe } from '../define/perturbation.js';
import { fail } from '../error.js';
import { type Plane, planeOf } from '../features/plane.js';
import { LAYOUT_HELP, option, z } from '../options.js';
import { baselineCount, removalValueOptions, removalValues } from './baselines.js';
import { drawsOf } from './draw.js';

type Box = readonly [top: number, bottom: number, left: number, right: number];

const boxOption = () =>
  z
    .tuple(
      [option.index(), option.index(), option.index(), option.index()],
      'four whole numbers [top, bottom, left, right]',
    )
    .refine(
      ([top, bottom, left, right]) => top < bottom && left < right,
      '[top, bottom, left, right], top < bottom and left < right',
    );

/**
 * Removes given boxes of the image, all channels together, each once; with several baselines by baseline, then box.
 * Drawing throws `option-value` for a box that is not inside the image, `tensor-shape` when the baseline does not go into x's shape, and
 * `not-applicable` for inputs that are no image.
 */
export const boxes = definePerturbation({
  name: 'boxes',
  summary: 'Removes given boxes of the image, each once.',
  options: {
    boxes: z
      .array(boxOption(), 'a list of boxes')
      .min(1, 'at least one box')
      .describe(
        'Each box as [top, bottom, left, right] in pixels from 0, bottom and right exclusive: [[0,4,0,8]].',
      ),
    ...removalValueOptions,
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['boxes', 'baseline'],
  example: { boxes: [[0, 2, 0, 2]] },
  make: ({ boxes: given, ...options }, expression) =>
    boxesOf(expression, options, (plane) => {
      for (const box of given) expectInside(expression, box, plane);
      return given;
    }),
});

const sides = ['top', 'bottom', 'left', 'right'] as const;
type Side = (typeof sides)[number];

/**
 * Removes halves of the image, all channels together, each once, in the order in which they are named. Where a length is odd, the bottom
 * or the right half has one more. Of a sequence only the left and right halves are removed.
 * Source: the half images of [Y19], human study.
 * Drawing throws `option-value` for a half that is empty, `tensor-shape` when the baseline does not go into x's shape, and
 * `not-applicable` for inputs that are no image.
 */
export const halves = definePerturbation({
  name: 'halves',
  summary: 'Removes halves of the image, each once.',
  options: {
    sides: z
      .array(option.choice(sides))
      .min(1, 'at least one of top, bottom, left, right')
      .default(['top', 'bottom'])
      .describe('Which halves: any of top, bottom, left, right.'),
    ...removalValueOptions,
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['sides', 'baseline'],
  make: ({ sides: given, ...options }, expression) =>
    boxesOf(expression, options, (plane) =>
      given.map((side) => {
        const box = halfOf(side, plane);
        expectInside(expression, box, plane);
        return box;
      }),
    ),
});

function halfOf(side: Side, { height, width }: Plane): Box {
  const [middle, centre] = [Math.floor(height / 2), Math.floor(width / 2)];
  const halves: Readonly<Record<Side, Box>> = {
    top: [0, middle, 0, width],
    bottom: [middle, height, 0, width],
    left: [0, height, 0, centre],
    right: [0, height, centre, width],
  };
  return halves[side];
}

type Options = Parameters<typeof removalValues>[1] & Pick<Parameters<typeof removalValues>[2], 'layout'>;

/** Draws of a list of boxes. */
function boxesOf(
  where: string,
  { layout: given, ...options }: Options,
  listFor: (plane: Plane) => readonly Box[],
) {
  const layout = given ?? 'chw';
  const list = (shape: readonly number[]) => listFor(planeOf(where, shape, layout));
  return {
    masks: true,
    layoutOpen: given === undefined,
    count: (shape) => list(shape).length * baselineCount(options.baseline, shape),
    exhaustive: options.noise === undefined,
    inputIndependent: true,
    draw(x, { key, from, to }) {
      const all = list(x.shape);
      const chosen = Array.from({ length: to - from }, (_, k) => all[(from + k) % all.length]);
      const values = removalValues(where, options, { x, layout, key, from, to, each: all.length });
      return drawsOf(x, { kind: 'boxes', boxes: Int32Array.from(chosen.flat()), layout, ...values });
    },
  } satisfies PerturbationRecipe;
}

function expectInside(where: string, box: Box, { height, width }: Plane): void {
  const [top, bottom, left, right] = box;
  if (top < bottom && bottom <= height && left < right && right <= width) return;
  fail({
    code: 'option-value',
    where,
    expected: `boxes inside an image of height ${height} and width ${width} that are not empty`,
    got: `[${box.join(', ')}]`,
  });
}
