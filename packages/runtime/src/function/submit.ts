import type { Tensor } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import type { RequestQueue } from '../batching/queue.js';
import type { ColumnArray } from '../batching/request.js';

/** A batch to evaluate. */
export interface Submission {
  readonly kind: 'forward' | 'backward';
  readonly batch: Tensor;
  /** What the graph takes beside each row, each [n, ...]; default: the classes of the score. */
  readonly parameters?: readonly Constant[];
  /** Arrays that get the numbers, in place of the array that is returned. */
  readonly into?: readonly ColumnArray[];
}

/** Evaluates a batch in a queue, with the signal and the progress of the score. */
export type Submit = (queue: () => RequestQueue, submission: Submission) => Promise<Tensor['data']>;
