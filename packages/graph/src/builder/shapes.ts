import type { Builder } from './builder.js';

/** Shapes as values of the graph. */
export function shapes(b: Pick<Builder, 'emit' | 'dims' | 'ints'>): Pick<Builder, 'shape' | 'reshapeTarget'> {
  const shape = (name: string) => b.emit('Shape', [name]);
  return {
    shape,
    reshapeTarget(name) {
      const dims = b.dims(name);
      const symbolic = dims.filter((dim) => typeof dim !== 'number').length;
      // Beside a 0, a -1 has no one size.
      if (symbolic > 1 || (symbolic === 1 && dims.includes(0))) return shape(name);
      return b.ints(dims.map((dim) => (typeof dim === 'number' ? dim : -1)));
    },
  };
}
