import { constantFrom } from '../../ir/constant.js';
import { attr } from '../builder.js';
import type { MathBuilder } from '../math-builder.js';

/** Options of a discrete Fourier transform. */
export interface Transform {
  readonly axis: number;
  /** int64 scalar; '' for the size of the axis. */
  readonly length: string;
  readonly inverse?: boolean;
  readonly oneSided?: boolean;
}

/** Emits a DFT node. Opset 20 moved the axis from an attribute to an input. */
export function dft(b: MathBuilder, x: string, { axis, length, inverse, oneSided }: Transform): string {
  const flags = { inverse: attr.int(inverse ? 1 : 0), onesided: attr.int(oneSided ? 1 : 0) };
  if (b.opset < 20)
    return b.emit('DFT', length === '' ? [x] : [x, length], { ...flags, axis: attr.int(axis) });
  return b.emit('DFT', [x, length, b.constant(constantFrom('int64', [], [axis]))], flags);
}
