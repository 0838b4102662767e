export * from './builder.js';
export * from './ops.js';
export * from './types.js';
