import { attributesOf } from '../ir/attributes.js';
import { blocks, type NumArray } from './array.js';
import type { Call, EvalRow } from './call.js';
import { checkChannels, filledWithBias, kernelOf } from './conv.js';
import { geometryOf, type WindowGeometry } from './window.js';

/** Sizes of a deformable convolution. Each of `offsetGroups` groups of channels has its own offsets and mask. */
interface Sizes {
  readonly geometry: WindowGeometry;
  readonly offsetGroups: number;
  readonly taps: number;
  readonly outputs: number;
}

/** Bilinear interpolation of a plane; elements outside it are 0. */
function valueAt(plane: Float64Array, [height, width]: readonly number[], [y, x]: readonly number[]): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  let sum = 0;
  for (let i = Math.max(0, top); i <= Math.min(height - 1, top + 1); i++) {
    for (let j = Math.max(0, left); j <= Math.min(width - 1, left + 1); j++) {
      sum += (1 - Math.abs(y - i)) * (1 - Math.abs(x - j)) * plane[i * width + j];
    }
  }
  return sum;
}

/** Returns a function that reads tap `t` of window `o` for a channel group: the value at the offsetGroups position, times the mask. */
function tapReader(call: Call, { geometry, offsetGroups, taps, outputs }: Sizes) {
  const { kernel, output, strides, dilations, before, input } = geometry;
  const offsets = blocks(call.input(2).data, 2 * taps * outputs);
  const masks = call.inputs[4] && blocks(call.inputs[4].data, taps * outputs);
  return (plane: Float64Array, [n, group]: readonly [number, number], [o, t]: readonly [number, number]) => {
    const window = [Math.floor(o / output[1]), o % output[1]];
    const tap = [Math.floor(t / kernel[1]), t % kernel[1]];
    const own = offsets(n * offsetGroups + group);
    const at = window.map(
      (index, axis) =>
        index * strides[axis] -
        before[axis] +
        tap[axis] * dilations[axis] +
        own[(2 * t + axis) * outputs + o],
    );
    return valueAt(plane, input, at) * (masks?.(n * offsetGroups + group)[t * outputs + o] ?? 1);
  };
}

function checkInputs(call: Call, { offsetGroups, taps, geometry }: Sizes): void {
  const [batch] = call.input(0).dims;
  const expect = (value: NumArray | undefined, channels: number) => {
    const dims = [batch, channels, ...geometry.output];
    if (value !== undefined && value.dims.join() !== dims.join())
      call.refuse('shape-mismatch', `dims [${dims}]`, `[${value.dims}]`);
  };
  expect(call.input(2), 2 * offsetGroups * taps);
  expect(call.inputs[4], offsetGroups * taps);
}

function sizesOf(call: Call): Sizes {
  const [, channels, ...spatial] = call.input(0).dims;
  if (spatial.length !== 2) call.refuse('model-unsupported', 'two spatial axes', `${spatial.length}`);
  const geometry = geometryOf(call, spatial, kernelOf(call));
  const { group: groups, offset_group: offsetGroups } = attributesOf(call.node, 'DeformConv');
  const [outChannels, columns] = call.input(1).dims;
  checkChannels(call, channels === columns * groups && outChannels % groups === 0, groups);
  checkChannels(call, channels % offsetGroups === 0, offsetGroups);
  const [taps, outputs] = [geometry.kernel, geometry.output].map((list) => list[0] * list[1]);
  return { geometry, offsetGroups, taps, outputs };
}

/** Y[n, m, o] = bias[m] + sum over c, t of W[m, c, t] M[n, c, t, o] X[n, c, window(o, t) + offset[n, c, t, o]]. */
export const deformConv: EvalRow = (call) => {
  const sizes = sizesOf(call);
  checkInputs(call, sizes);
  const { geometry, offsetGroups, taps, outputs } = sizes;
  const [x, weight] = [call.input(0), call.input(1)];
  const [batch, channels] = x.dims;
  const [outChannels, columns] = weight.dims;
  const read = tapReader(call, sizes);
  const y = filledWithBias(call, [batch, outChannels, ...geometry.output], 3);
  const planes = blocks(x.data, geometry.input[0] * geometry.input[1]);
  const rows = outChannels / attributesOf(call.node, 'DeformConv').group;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const [group, column] = [Math.floor(c / columns), c % columns];
      for (let at = 0; at < outputs * taps; at++) {
        const [o, t] = [Math.floor(at / taps), at % taps];
        const value = read(planes(n * channels + c), [n, Math.floor((c * offsetGroups) / channels)], [o, t]);
        for (let m = group * rows; m < (group + 1) * rows; m++) {
          y.data[(n * outChannels + m) * outputs + o] +=
            weight.data[(m * columns + column) * taps + t] * value;
        }
      }
    }
  }
  return y;
};
