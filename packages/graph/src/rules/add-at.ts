import { attr } from '../builder.js';
import type { Calculus } from './calculus.js';

interface Additions {
  /** What is added to, usually zeros. */
  readonly data: string;
  readonly indices: string;
  readonly updates: string;
  /** Of ScatterElements. */
  readonly axis?: number;
}

/** Adds updates to data by index; equal indices add up. ONNX Runtime does so on the CPU in float32 and wider only. */
export function addAt(
  b: Calculus,
  op: 'ScatterElements' | 'ScatterND',
  { data, indices, updates, axis }: Additions,
): string {
  const dtype = b.dtype(updates);
  const wide = dtype === 'float64' ? dtype : 'float32';
  const sum = b.emit(op, [b.cast(data, wide), indices, b.cast(updates, wide)], {
    axis: axis === undefined ? undefined : attr.int(axis),
    reduction: attr.string('add'),
  });
  return b.cast(sum, dtype);
}
