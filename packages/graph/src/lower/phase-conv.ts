import { attr } from '../builder/builder.js';
import type { MathBuilder } from '../builder/math-builder.js';
import { lazyConstant } from '../ir/lazy-constant.js';
import type { Constant } from '../ir/types.js';
import { type PhaseAxis, phaseLength, phasesOf } from './stride-phases.js';
import type { TransposedConv } from './transposed-conv.js';

/** A ConvTranspose without dilations and with a constant kernel of float32. */
export interface StridedConv extends Pick<TransposedConv, 'x' | 'group' | 'window'> {
  readonly weights: Constant & { readonly data: Float32Array };
  /** Sizes of x. */
  readonly sizes: readonly number[];
}

/** Which elements of x the outputs of a phase read along an axis: output i reads i + lowest to i + lowest + count - 1. */
interface Taps {
  readonly lowest: number;
  readonly count: number;
  /** Tap of the whole kernel for element i + lowest + t; outside of the kernel: none. */
  tap(t: number): number;
}

/**
 * Output p = stride i + r - shift gets tap k of element o where p + before = stride o + k, that is o = i + u for
 * k = r - shift + before - stride u. The taps reach at least from the first element of x to the last. Undefined for a phase without taps.
 */
function tapsOf({ window, sizes }: StridedConv, axes: readonly PhaseAxis[], phase: readonly number[]) {
  const all = window.map(({ kernel, stride, before }, i) => {
    const first = phase[i] - axes[i].shift + before;
    const [from, to] = [Math.ceil((first - kernel + 1) / stride), Math.floor(first / stride)];
    const lowest = Math.min(from, 0);
    const count = Math.max(to, sizes[i] - phaseLength(axes[i])) - lowest + 1;
    const taps: Taps = { lowest, count, tap: (t) => first - stride * (lowest + t) };
    return { taps, isEmpty: from > to };
  });
  return all.some(({ isEmpty }) => isEmpty) ? undefined : all.map(({ taps }) => taps);
}

/** What the kernel of a phase reaches beyond x, before and after. */
const padsOf = (taps: readonly Taps[], axes: readonly PhaseAxis[], sizes: readonly number[]) => [
  ...taps.map(({ lowest }) => -lowest),
  ...taps.map(({ lowest, count }, i) => phaseLength(axes[i]) - 1 + lowest + count - sizes[i]),
];

/** The phases of a transposed convolution: each is a Conv of stride 1 with those taps that reach it; undefined where none does. */
export function phaseConvs(
  b: MathBuilder,
  conv: StridedConv,
  axes: readonly PhaseAxis[],
): readonly (string | undefined)[] {
  return phasesOf(axes).map((phase) => {
    const taps = tapsOf(conv, axes, phase);
    if (taps === undefined) return undefined;
    return b.emit('Conv', [conv.x, b.constant(phaseKernel(conv, taps), 'phase')], {
      kernel_shape: attr.ints(taps.map(({ count }) => count)),
      pads: attr.ints(padsOf(taps, axes, conv.sizes)),
      group: attr.int(conv.group),
    });
  });
}

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** [M, C/g, ...] -> [C, M/g, ...]. It is not kept: its elements are put in place when they are read. */
function phaseKernel({ weights, group }: StridedConv, taps: readonly Taps[]): Constant {
  const [all, outputs, ...sizes] = weights.dims;
  const inputs = all / group;
  const places = placesOf(taps, sizes);
  const dims = [outputs * group, inputs, ...taps.map(({ count }) => count)];
  return lazyConstant({ dtype: 'float32', dims }, () => {
    const result = new Float32Array(product(dims));
    const { data } = weights;
    let at = 0;
    for (let output = 0; output < outputs * group; output++) {
      const first = Math.floor(output / outputs) * inputs;
      for (let input = first; input < first + inputs; input++) {
        const from = (input * outputs + (output % outputs)) * product(sizes);
        for (const place of places) result[at++] = place === undefined ? 0 : data[from + place];
      }
    }
    return result;
  });
}

/** Where the taps of a phase stand in a kernel of these sizes; undefined for taps that it lacks. */
const placesOf = (taps: readonly Taps[], sizes: readonly number[]): readonly (number | undefined)[] =>
  taps.reduce<readonly (number | undefined)[]>(
    (places, { count, tap }, i) =>
      places.flatMap((place) =>
        Array.from({ length: count }, (_, t) => {
          const has = place !== undefined && tap(t) >= 0 && tap(t) < sizes[i];
          return has ? place * sizes[i] + tap(t) : undefined;
        }),
      ),
    [0],
  );
