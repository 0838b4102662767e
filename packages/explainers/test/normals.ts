import { fold, type Key, stream, type Tensor, zeros } from '@onnxplain/core';

/** Normal numbers of each name, the same at every call with the same key. */
export function normalsOf(seed: Key) {
  return (name: string, dims: readonly number[]): Tensor => {
    const t = zeros(dims);
    stream(fold(seed, name)).fillNormal(t.data);
    return t;
  };
}
