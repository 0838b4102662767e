import { dtypeInfo } from '@onnxplain/core';
import type { Builder } from './builder.js';

/** Emits a scalar constant: the most negative finite number of the dtype of `like`. */
export const lowestFinite = (b: Builder, like: string): string =>
  b.scalar(dtypeInfo(b.dtype(like))?.range[0] ?? -Number.MAX_VALUE, like);
