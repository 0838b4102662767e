import { fillUniformOnSphere, type Key, norm, scale, stream, type Tensor, zeros } from '@onnxplain/core';

/** A direction that is uniform on the unit sphere. */
export function randomDirection(like: Tensor, key: Key): Tensor {
  const direction = zeros(like.shape);
  fillUniformOnSphere(stream(key), direction.data);
  return direction;
}

/**
 * Power iteration: the changes of an explanation along a random direction, then each along the last change, at most `count` of them. A
 * change of zero, or one that is not finite, gives no further direction.
 */
export async function alongChanges<Change extends { readonly change: Tensor }>(
  start: Tensor,
  count: number,
  changeAlong: (direction: Tensor) => Promise<Change>,
): Promise<readonly Change[]> {
  const found: Change[] = [];
  let direction = start;
  while (found.length < count) {
    const next = await changeAlong(direction);
    found.push(next);
    const length = norm(next.change, 'l2');
    if (!(length > 0 && Number.isFinite(length))) break;
    direction = scale(next.change, 1 / length);
  }
  return found;
}
