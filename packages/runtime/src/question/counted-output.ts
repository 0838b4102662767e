import { fail, OnnxplainError } from '@onnxplain/core';
import type { QueueOptions } from '../batching/queue.js';
import { countsEntries } from './output-sizes.js';
import type { Question } from './question.js';

/** What ONNX Runtime says where a Gather asks for an entry that there is not. */
const MISSING = /out of (data )?bounds|out of range value in index/i;

/**
 * Runs of an output that has as many entries as the input asks for, such as detections: where a run has fewer than the target asks for, the
 * method does not apply (`not-applicable`), which is said in place of the runtime's own words.
 */
export function countedRuns(question: Question, run: QueueOptions['run']): QueueOptions['run'] {
  if (!countsEntries(question)) return run;
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
