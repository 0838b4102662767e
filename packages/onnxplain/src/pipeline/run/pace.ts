import { counted } from '@onnxplain/core';
import type { CellProgress } from '@onnxplain/experiment';
import { LARGE_SECONDS, shownSeconds } from './shown-cost.js';

export interface PaceOptions {
  /** How many cells of a stage one input has. */
  readonly perInput: Readonly<Record<CellProgress['stage'], number>>;
  readonly say: (text: string) => void;
  /** Seconds on any clock; default: those of this process. */
  readonly now?: () => number;
}

const WORDS = { explain: 'explanation', measure: 'measurement' } as const;

/**
 * Returns a function that takes the progress of a run, and says after the first input of each stage how long the other cells of the stage
 * will take, where that is more than 10 s.
 */
export function paceOf({
  perInput,
  say,
  now = () => performance.now() / 1000,
}: PaceOptions): (progress: CellProgress) => void {
  let stage: CellProgress['stage'] | undefined;
  let [started, computed] = [now(), 0];
  let ended = started;
  return (progress) => {
    if (progress.stage !== stage) [stage, started, computed] = [progress.stage, ended, 0];
    ended = now();
    computed++;
    const left = progress.total - progress.done;
    if (computed !== perInput[stage]) return;
    const seconds = ((ended - started) / computed) * left;
    if (seconds <= LARGE_SECONDS) return;
    const [taken, others] = [shownSeconds(ended - started), shownSeconds(seconds)];
    say(
      `${counted(computed, WORDS[stage])} took ${taken}: about ${others} for the ${left === 1 ? 'other' : `${left} others`}`,
    );
  };
}
