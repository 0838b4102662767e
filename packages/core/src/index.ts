export * from './error.js';
export * from './expression.js';
export * from './options.js';
export type { Key } from './random/key.js';
export { type Shape, sizeOf, type Tensor, tensor } from './tensor/tensor.js';
export * from './types.js';
