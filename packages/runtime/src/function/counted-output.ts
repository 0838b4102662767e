import { fail, OnnxplainError } from '@onnxplain/core';
import type { QueueOptions } from '../batching/queue.js';
import type { ModelFunction } from './model-function.js';
import { countsEntries } from './output-sizes.js';

/** The message of ONNX Runtime for a Gather with an index out of range. */
const MISSING = /out of (data )?bounds|out of range value in index/i;

/**
 * Wraps the runs of an output whose number of entries depends on the numbers of the input, such as detections. Where a run has fewer
 * entries than the target needs, it throws `not-applicable` instead of ONNX Runtime's error.
 */
export function countedRuns(fn: ModelFunction, run: QueueOptions['run']): QueueOptions['run'] {
  if (!countsEntries(fn)) return run;
  return async (segments) => {
    try {
      return await run(segments);
    } catch (cause) {
      if (!(cause instanceof OnnxplainError) || cause.code !== 'run-failed' || !MISSING.test(cause.message))
        throw cause;
      return fail(
        {
          code: 'not-applicable',
          where: 'target',
          expected: 'the explained entry for every input that is tried',
          got: 'fewer entries for one of them: their number depends on the input',
          remedy:
            "Explain the sum over them ('sum' on that axis), or a value inside that has a fixed number.",
        },
        { cause },
      );
    }
  };
}
