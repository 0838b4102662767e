import type { RowAxis } from '@onnxplain/core';
import type { Dim } from '@onnxplain/graph';
import type { Port } from '@onnxplain/runtime';

/** Dims of one row of an input: without its batch axis, or all where a whole array is one example; undefined where they are not known. */
export function rowDims({ dims }: Port, axis: RowAxis): readonly Dim[] | undefined {
  return axis === 'none' ? dims : dims?.toSpliced(axis, 1);
}
