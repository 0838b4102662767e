import { isUnknown } from '../infer/dim.js';
import type { Dim, Value } from '../ir/types.js';
import { attr, type Builder } from './builder.js';

interface ShapeParts extends Pick<Builder, 'opset' | 'emit' | 'dims' | 'ints' | 'typeOf'> {
  /** Inputs of the graph. */
  readonly inputs: readonly Value[];
}

/**
 * Shapes as values of the graph. Sizes are read from inputs that have them, so that no value is computed or kept for its shape only.
 */
export function shapes(b: ShapeParts): Pick<Builder, 'shape' | 'sizeOf' | 'reshapeTarget'> {
  const sizeAt = (name: string, axis: number) =>
    b.emit('Shape', [name], { start: attr.int(axis), end: attr.int(axis + 1) });
  const fromInput = (dim: Dim): string | undefined => {
    if (typeof dim === 'number') return b.ints([dim]);
    if (isUnknown(dim)) return undefined;
    for (const { name } of b.inputs) {
      const axis = b.typeOf(name)?.dims?.indexOf(dim) ?? -1;
      if (axis >= 0) return sizeAt(name, axis);
    }
    return undefined;
  };
  const shape = (name: string) => {
    const dims = b.opset < 15 ? [] : (b.typeOf(name)?.dims ?? []);
    const same = b.inputs.find((input) => isSame(b.typeOf(input.name)?.dims ?? [], dims));
    if (same !== undefined && dims.length > 0) return b.emit('Shape', [same.name]);
    const sizes = dims.flatMap((dim) => fromInput(dim) ?? []);
    if (sizes.length === 0 || sizes.length < dims.length) return b.emit('Shape', [name]);
    return sizes.length === 1 ? sizes[0] : b.emit('Concat', sizes, { axis: attr.int(0) });
  };
  return {
    shape,
    sizeOf: (name, axis) => fromInput(b.dims(name)[axis]) ?? sizeAt(name, axis),
    reshapeTarget(name) {
      const dims = b.dims(name);
      const symbolic = dims.filter((dim) => typeof dim !== 'number').length;
      // Beside a 0, a -1 has no one size.
      if (symbolic > 1 || (symbolic === 1 && dims.includes(0))) return shape(name);
      return b.ints(dims.map((dim) => (typeof dim === 'number' ? dim : -1)));
    },
  };
}

const isSame = (some: readonly Dim[], others: readonly Dim[]): boolean =>
  some.length === others.length && some.every((dim, axis) => dim === others[axis] && !isUnknown(dim));
