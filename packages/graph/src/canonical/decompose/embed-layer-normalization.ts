import { codeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { input, type OpRewrite } from '../../rewrite/op-rewrite.js';

/**
 * EmbedLayerNormalization of com.microsoft: the sum of the embeddings of words, positions and, where there are any, segments, and its
 * LayerNormalization. Without ids of positions, these are 0, 1, 2 and so on. The second output is the number of ones in each row of the
 * mask, or 0 without a mask; the third is the sum.
 */
export const embedLayerNormalization: OpRewrite = (node, b) => {
  const [ids = '', segments = '', words = '', positions = '', kinds = '', scale = '', bias = ''] =
    node.inputs;
  const rows = (table: string, at: string) => b.emit('Gather', [table, at], { axis: attr.int(0) });
  const places = input(node, 8) === '' ? countedPositions(b, ids) : input(node, 8);
  const placed = b.emit('Add', [rows(words, ids), rows(positions, places)]);
  const sum = segments === '' || kinds === '' ? placed : b.emit('Add', [placed, rows(kinds, segments)]);
  const { epsilon } = attributesOf(node, 'com.microsoft:EmbedLayerNormalization');
  const normal = b.emit('LayerNormalization', [sum, scale, bias], {
    axis: attr.int(-1),
    epsilon: attr.float(epsilon),
  });
  return [normal, maskLengths(b, ids, input(node, 7)), sum];
};

/** Emits the positions of the axis behind the batch: [0, 1, ..., length - 1]. */
function countedPositions(b: GraphBuilder, ids: string): string {
  const scalar = (value: number) => b.constant(constantFrom('int64', [], [value]));
  const length = b.emit('Gather', [b.shape(ids), scalar(1)], { axis: attr.int(0) });
  return b.emit('Range', [scalar(0), length, scalar(1)]);
}

/** Emits the number of ones in each row of a mask; 0 for each row of the ids where there is no mask. */
function maskLengths(b: GraphBuilder, ids: string, mask: string): string {
  const zero = b.constant(constantFrom('int32', [], [0]));
  if (mask === '') return b.emit('Expand', [zero, b.emit('Slice', [b.shape(ids), b.ints([0]), b.ints([1])])]);
  const ones = b.emit('Equal', [mask, b.scalar(1, mask)]);
  const counted = b.emit('Cast', [ones], { to: attr.int(codeOf('int32')) });
  return b.emit('ReduceSum', [counted, b.ints([1])], { keepdims: attr.int(0) });
}
