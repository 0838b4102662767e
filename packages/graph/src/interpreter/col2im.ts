import { sizeOf } from '@onnxplain/core';
import { filled } from './array.js';
import type { EvalRow } from './call.js';
import { extentOf, windowAttributes, windowIndices } from './window.js';

/** Adds every column, a block of the image, at its position. Overlapping blocks add up; elements in the padding are dropped. */
export const col2im: EvalRow = (call) => {
  const x = call.input(0);
  const [image, block] = [1, 2].map((i) => Array.from(call.input(i).data));
  const window = windowAttributes(call, block);
  const extent = extentOf(window);
  const output = image.map((size, axis) => {
    const room = size + window.before[axis] + window.after[axis] - extent[axis];
    return Math.floor(room / window.strides[axis]) + 1;
  });
  const [taps, blocks] = [sizeOf(block), sizeOf(output)];
  const [batch, rows, columns] = x.dims;
  if (columns !== blocks) call.refuse('shape-mismatch', `${blocks} columns`, `[${x.dims}]`);
  const table = windowIndices({ ...window, input: image, output });
  const planes = (batch * rows) / taps;
  const y = filled(x.dtype, [batch, rows / taps, ...image]);
  const size = sizeOf(image);
  for (let plane = 0; plane < planes; plane++) {
    for (let o = 0; o < blocks; o++) {
      for (let t = 0; t < taps; t++) {
        const at = table[o * taps + t];
        if (at >= 0) y.data[plane * size + at] += x.data[(plane * taps + t) * blocks + o];
      }
    }
  }
  return y;
};
