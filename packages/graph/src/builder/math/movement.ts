import { attr, type Builder } from '../builder.js';

/** Which part of an axis: `from` and `to` (exclusive) as in ONNX Slice. */
export interface SliceRange {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly step?: number;
}

export interface Movement {
  transpose(x: string, permutation: readonly number[]): string;
  unsqueeze(x: string, axes: readonly number[]): string;
  squeeze(x: string, axes: readonly number[]): string;
  concat(parts: readonly string[], axis: number): string;
  slice(x: string, spans: readonly SliceRange[]): string;
  /** x within zeros: sizes to add before and after each axis. */
  pad(x: string, before: readonly number[], after: readonly number[]): string;
}

/** What would leave x as it is emits nothing. */
export const movement = (b: Builder): Movement => ({
  transpose: (x, permutation) =>
    permutation.every((axis, i) => axis === i)
      ? x
      : b.emit('Transpose', [x], { perm: attr.ints(permutation) }),
  unsqueeze: (x, axes) => (axes.length === 0 ? x : b.emit('Unsqueeze', [x, b.ints(axes)])),
  squeeze: (x, axes) => (axes.length === 0 ? x : b.emit('Squeeze', [x, b.ints(axes)])),
  concat: (parts, axis) => concatenated(b, parts, axis),
  slice: (x, spans) => (spans.length === 0 ? x : b.emit('Slice', [x, ...spanInputs(b, spans)])),
  pad(x, before, after) {
    const sizes = [...before, ...after];
    return sizes.every((size) => size === 0)
      ? x
      : b.emit('Pad', [x, b.ints(sizes)], { mode: attr.string('constant') });
  },
});

export const concatenated = (b: Builder, parts: readonly string[], axis: number): string =>
  parts.length === 1 ? parts[0] : b.emit('Concat', parts, { axis: attr.int(axis) });

const spanInputs = (b: Builder, spans: readonly SliceRange[]): string[] => [
  b.ints(spans.map((span) => span.from)),
  b.ints(spans.map((span) => span.to)),
  b.ints(spans.map((span) => span.axis)),
  b.ints(spans.map((span) => span.step ?? 1)),
];
