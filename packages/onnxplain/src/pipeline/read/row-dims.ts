import type { RowAxis } from '@onnxplain/core';
import type { Dim } from '@onnxplain/graph';
import type { Port } from '@onnxplain/runtime';

/** Returns the dims of one row of an input: all but its batch axis, or all where a whole array is one example; undefined where unknown. */
export function rowDims({ dims }: Port, axis: RowAxis): readonly Dim[] | undefined {
  return axis === 'none' ? dims : dims?.toSpliced(axis, 1);
}
