import { fail, isFloat } from '@onnxplain/core';
import type { MathBuilder, Size } from '../builder/math-builder.js';
import { lazyConstant } from '../ir/lazy-constant.js';
import type { Constant, ConstantData } from '../ir/types.js';

/**
 * The kernel of the adjoint convolution of stride 1: [M, C/g, ...] -> [C, M/g, ...], every spatial axis reversed. Of a constant it is
 * made ahead, for runtimes take long to reverse axes when they open a model, but not kept: its elements are put in place when
 * they are read.
 */
export function adjointKernel(b: MathBuilder, kernel: string, group: number): string {
  const constant = b.constantOf(kernel);
  const known = constant && adjointOf(constant, group);
  return known === undefined ? computed(b, kernel, group) : b.constant(known, `${kernel}/adjoint`);
}

function computed(b: MathBuilder, kernel: string, group: number): string {
  const axes = b.dims(kernel).map((_, axis) => axis);
  const taps = axes.slice(2);
  const several = taps.filter((axis) => b.dims(kernel)[axis] !== 1);
  const reversed = b.slice(
    kernel,
    several.map((axis) => ({ axis, from: -1, to: -(2 ** 31), step: -1 })),
  );
  if (group === 1) return b.transpose(reversed, [1, 0, ...taps]);
  const size = (axis: number): Size => ({ of: kernel, axis });
  const grouped = b.reshape(reversed, [group, -1, ...axes.slice(1).map(size)]);
  const swapped = b.transpose(grouped, [0, 2, 1, ...taps.map((axis) => axis + 1)]);
  return b.reshape(swapped, [-1, { of: swapped, axis: 2 }, ...taps.map(size)]);
}

/** Adjoints that were made, and what they were made of: the adjoint of an adjoint is the kernel itself. */
const adjoints = new WeakMap<Constant, Map<number, Constant>>();

function adjointOf(kernel: Constant, group: number): Constant | undefined {
  const known = adjoints.get(kernel)?.get(group);
  if (known !== undefined) return known;
  const { dtype, dims } = kernel;
  if (!isFloat(dtype)) return undefined;
  const swapped = [dims[1] * group, dims[0] / group, ...dims.slice(2)];
  const adjoint = lazyConstant({ dtype, dims: swapped }, () => rearranged(kernel, group));
  remember(kernel, group, adjoint);
  remember(adjoint, group, kernel);
  return adjoint;
}

function remember(of: Constant, group: number, adjoint: Constant): void {
  adjoints.set(of, (adjoints.get(of) ?? new Map<number, Constant>()).set(group, adjoint));
}

function rearranged({ dtype, dims, data }: Constant, group: number): ConstantData {
  if (!(data instanceof Float32Array || data instanceof Float64Array || data instanceof Uint16Array))
    return fail({ code: 'type-mismatch', where: 'adjoint kernel', expected: 'floats', got: dtype });
  const [outputs, inputs] = [dims[0] / group, dims[1]];
  const taps = dims.slice(2).reduce((product, size) => product * size, 1);
  const result = data.slice();
  let at = 0;
  for (let g = 0; g < group; g++) {
    for (let c = 0; c < inputs; c++) {
      for (let m = 0; m < outputs; m++) {
        const last = ((g * outputs + m) * inputs + c + 1) * taps - 1;
        for (let tap = 0; tap < taps; tap++) result[at++] = data[last - tap];
      }
    }
  }
  return result;
}
