import { isUnknown } from '../infer/dim.js';
import type { Dim, Value } from '../ir/types.js';
import { attr, type Builder } from './builder.js';

interface ShapeParts extends Pick<Builder, 'opset' | 'emit' | 'dims' | 'ints' | 'typeOf'> {
  /** Inputs of the graph. */
  readonly inputs: readonly Value[];
  /** Names of inputs that have a number for each row, and so no other size than the rows. */
  readonly targets: ReadonlySet<string>;
}

/**
 * Shapes as values of the graph. Sizes are read from the input that has them, so that no value is computed or kept for its shape only.
 * Where several inputs have a symbol, or one has it twice, the file may have given one name to different sizes, so that the value itself is
 * read. Targets do not count.
 */
export function shapes(b: ShapeParts): Pick<Builder, 'shape' | 'sizeOf' | 'reshapeTarget'> {
  const sizeAt = (name: string, axis: number) =>
    b.emit('Shape', [name], { start: attr.int(axis), end: attr.int(axis + 1) });
  const sizeFromInput = (dim: Dim): string | undefined => {
    if (typeof dim === 'number') return b.ints([dim]);
    const places = isUnknown(dim) ? [] : placesOf(b, dim);
    return places.length === 1 ? sizeAt(...places[0]) : undefined;
  };
  const shape = (name: string) => {
    const dims = b.opset < 15 ? [] : (b.typeOf(name)?.dims ?? []);
    const isInput = b.inputs.some((input) => input.name === name);
    const sizes = isInput ? [] : dims.flatMap((dim) => sizeFromInput(dim) ?? []);
    if (sizes.length === 0 || sizes.length < dims.length) return b.emit('Shape', [name]);
    return sizes.length === 1 ? sizes[0] : b.emit('Concat', sizes, { axis: attr.int(0) });
  };
  return {
    shape,
    sizeOf: (name, axis) => sizeFromInput(b.dims(name)[axis]) ?? sizeAt(name, axis),
    reshapeTarget(name) {
      const dims = b.dims(name);
      const symbolic = dims.filter((dim) => typeof dim !== 'number').length;
      // Beside a 0, a -1 has no one size.
      if (symbolic > 1 || (symbolic === 1 && dims.includes(0))) return shape(name);
      return b.ints(dims.map((dim) => (typeof dim === 'number' ? dim : -1)));
    },
  };
}

/** Returns the axes of inputs that have a symbol as their size. */
const placesOf = (
  { inputs, targets, typeOf }: ShapeParts,
  symbol: Dim,
): readonly [name: string, axis: number][] =>
  inputs.flatMap(({ name }) =>
    targets.has(name)
      ? []
      : (typeOf(name)?.dims ?? []).flatMap((dim, axis): [string, number][] =>
          dim === symbol ? [[name, axis]] : [],
        ),
  );
