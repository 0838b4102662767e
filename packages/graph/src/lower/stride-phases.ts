import { assembleTiles, channelsFirst, channelsLast } from '../autodiff/rules/window-tiles.js';
import { attr } from '../builder/builder.js';
import type { MathBuilder } from '../builder/math-builder.js';
import type { Constant } from '../ir/types.js';

/**
 * A spatial axis by its phases: the elements whose index leaves the same remainder by the stride, where `shift` elements are put before the
 * axis. Element i of phase r is element stride i + r - shift of the axis.
 */
export interface PhaseAxis {
  readonly stride: number;
  /** Elements of the whole axis. */
  readonly size: number;
  readonly shift: number;
}

/** Elements of each phase: as many as the longest one has. Those beyond the axis may have any value. */
export const phaseLength = ({ stride, size, shift }: PhaseAxis): number => Math.ceil((size + shift) / stride);

/** Remainders of all phases of the axes, in row-major order. */
export function phasesOf(axes: readonly PhaseAxis[]): readonly (readonly number[])[] {
  return axes.reduce<readonly (readonly number[])[]>(
    (phases, { stride }) =>
      phases.flatMap((phase) => Array.from({ length: stride }, (_, r) => [...phase, r])),
    [[]],
  );
}

/** Puts the phases of a value together, [N, C, ...] each, with the channels last on the way. Sizes but N must be known. */
export function interleaved(b: MathBuilder, phases: readonly string[], axes: readonly PhaseAxis[]): string {
  const parts = phases.map((phase) => channelsLast(b, phase));
  const strides = axes.map(({ stride }) => stride);
  const whole = assembleTiles(b, parts, strides);
  const isWhole = axes.every((axis) => axis.stride * phaseLength(axis) === axis.size);
  const spans = axes.map(({ size, shift }, i) => ({ axis: i + 1, from: shift, to: shift + size }));
  return channelsFirst(b, isWhole ? whole : b.slice(whole, spans));
}

/** Takes one phase of a value [N, C, ...]. The shift of an axis must be its stride less 1. */
export type TakePhase = (
  b: MathBuilder,
  x: string,
  at: { readonly axes: readonly PhaseAxis[]; readonly phase: readonly number[] },
) => string;

/**
 * Takes phases by depthwise convolutions of one element that is 1. They share kernels, so that a phase that is taken twice is computed
 * once.
 */
export function phaseTaker(): TakePhase {
  const kernels = new Map<string, Constant>();
  const ones = (dims: readonly number[]): Constant => {
    const kernel = kernels.get(`${dims}`) ?? {
      dtype: 'float32',
      dims,
      data: new Float32Array(dims[0]).fill(1),
    };
    kernels.set(`${dims}`, kernel);
    return kernel;
  };
  return (b, x, { axes, phase }) => {
    const channels = Number(b.dims(x)[1]);
    const before = axes.map(({ shift }, i) => shift - phase[i]);
    const last = axes.map((axis) => axis.stride * (phaseLength(axis) - 1));
    const after = axes.map(({ size }, i) => Math.max(0, last[i] + 1 - before[i] - size));
    return b.emit('Conv', [x, b.constant(ones([channels, 1, ...axes.map(() => 1)]), 'ones')], {
      kernel_shape: attr.ints(axes.map(() => 1)),
      strides: attr.ints(axes.map(({ stride }) => stride)),
      pads: attr.ints([...before, ...after]),
      group: attr.int(channels),
    });
  };
}
