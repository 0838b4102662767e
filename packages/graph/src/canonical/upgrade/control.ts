import { fail } from '@onnxplain/core';
import { describe } from '../../ir/scope.js';
import { below, type OpRewrites } from '../../rewrite/op-rewrite.js';

/** Refuses Scan of opset 8, which had sequence lengths as its first input and ran over a batch axis. */
export const control: OpRewrites = {
  Scan: below(9, (node) =>
    fail({
      code: 'model-unsupported',
      where: describe(node),
      expected: 'Scan of opset 9 or newer',
      got: 'Scan of opset 8, which runs over a batch axis',
      remedy: 'Convert the model to opset 9 or newer, or export it again.',
    }),
  ),
};
