/** The state of a training run in a file, so that an interrupted run goes on after its last whole epoch. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { fail } from '@onnxplain/core';

export interface Progress {
  /** Number of whole epochs that are done. */
  readonly epochs: number;
  /** Time that they took. */
  readonly seconds: number;
  /** Weights, and what optimiser and averaging remember. */
  readonly arrays: readonly Float32Array[];
}

export interface Checkpoint {
  /** Where an earlier run of the same training stopped. Default: training starts anew. */
  readonly start?: Progress;
  save(progress: Progress): void;
}

/**
 * A checkpoint in a file. `run` names the training with all its options. Throws `option-value` for a file of another training.
 */
export function fileCheckpoint(path: string, run: string): Checkpoint {
  return {
    start: existsSync(path) ? readProgress(path, run) : undefined,
    save(progress) {
      writeFileSync(`${path}.part`, serialize({ run, progress }));
      renameSync(`${path}.part`, path);
    },
  };
}

function readProgress(path: string, run: string): Progress {
  const kept = deserialize(readFileSync(path)) as { readonly run: string; readonly progress: Progress };
  if (kept.run === run) return kept.progress;
  return fail({
    code: 'option-value',
    where: path,
    expected: `a checkpoint of "${run}"`,
    got: `one of "${kept.run}"`,
    remedy: 'give --checkpoint another file, or repeat the options of the run that wrote this one',
  });
}

/** How far a training came before, and what is called after each epoch. */
export interface Resumed {
  readonly epochs: number;
  readonly seconds: number;
  save(done: { readonly epochs: number; readonly seconds: number }): void;
}

/** A training from the start that keeps nothing. */
export const unkept: Resumed = { epochs: 0, seconds: 0, save: () => undefined };

/** Writes the numbers of a checkpoint, if there is one, into `arrays`, which are those that it keeps from now on. */
export function resume({ start, save }: Checkpoint, arrays: readonly Float32Array[]): Resumed {
  start?.arrays.forEach((numbers, i) => {
    arrays[i].set(numbers);
  });
  const { epochs, seconds } = start ?? unkept;
  return { epochs, seconds, save: (done) => save({ ...done, arrays }) };
}
