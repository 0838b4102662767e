import { fail } from '../error.js';
import { isTensor, type Shape, sameShape, showShape } from '../tensor/tensor.js';

/** Refuses what the code of a definition returned where it is not what it should be, with `plugin-result`. */
export function refuseResult(where: string, expected: string, got: string): never {
  return fail({
    code: 'plugin-result',
    where,
    expected,
    got,
    remedy: 'Correct the code of its definition.',
  });
}

/** Throws `plugin-result` unless a result of a definition is a tensor of this shape. */
export function expectResultShape(where: string, value: unknown, shape: Shape): void {
  if (!isTensor(value)) refuseResult(where, `a tensor of shape ${showShape(shape)}`, `${typeof value}`);
  else if (!sameShape(value.shape, shape)) {
    refuseResult(where, `a tensor of shape ${showShape(shape)}`, `one of shape ${showShape(value.shape)}`);
  }
}
