import { fail } from '../error.js';
import { type Shape, sameShape, showShape, sizeOf, type Tensor } from './tensor.js';

/**
 * A tensor repeated to a shape: along axes where it has size 1, and along leading axes that it does not have, as NumPy does. Itself
 * where it has the shape already. Throws `tensor-shape` where it does not go into the shape; `where` names it in the message.
 */
export function broadcast(where: string, t: Tensor, shape: Shape): Tensor {
  if (sameShape(t.shape, shape)) return t;
  const missing = shape.length - t.shape.length;
  const own = [...new Array<number>(Math.max(0, missing)).fill(1), ...t.shape];
  if (missing < 0 || own.some((dim, axis) => dim !== 1 && dim !== shape[axis])) {
    const expected = `shape ${showShape(shape)}, or one that is repeated to it`;
    return fail({ code: 'tensor-shape', where, expected, got: showShape(t.shape) });
  }
  const size = sizeOf(shape);
  const data = t.data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = t.data[sourceOf(i, own, shape)];
  return { shape, data };
}

/** The offset in the original tensor of element i of the shape. */
function sourceOf(i: number, own: Shape, shape: Shape): number {
  let [rest, at, stride] = [i, 0, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (own[axis] !== 1) at += (rest % shape[axis]) * stride;
    rest = Math.floor(rest / shape[axis]);
    stride *= own[axis];
  }
  return at;
}
