import type { Batch, FreeSets, Key, Norm, Score } from '@onnxplain/core';

/** The arguments of an attack. */
export interface AttackArguments {
  readonly margin: Score;
  readonly inputs: Batch;
  readonly free: FreeSets;
  readonly key: Key;
  readonly norm: Norm;
}
