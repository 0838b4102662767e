import { fail, OnnxplainError } from '@onnxplain/core';
import { type CellProgress, cellName, cellsOf, type Plan } from '@onnxplain/experiment';
import { defaultMemoryLimit } from '../../isolated/memory-limit.js';
import { randomNotices } from '../notices/query.js';
import { listed } from '../notices/text.js';
import type { QueriedInputs } from '../query/query.js';
import type { InputScore } from '../query/score-inputs.js';
import type { CellContext } from './cells.js';
import { expectedSeconds } from './expected-seconds.js';
import { paceOf } from './pace.js';
import { type CellCost, cellCosts, type PlannedRun, type PlannedRunOptions, planRun } from './planned-run.js';
import { LARGE_SECONDS, shownBytes, shownCount, shownSeconds } from './shown-cost.js';

/** A run that keeps more memory is said to be large. */
const LARGE_BYTES = 1e9;

/** Runs of fewer rows are not timed before they begin. */
const TIMED_ROWS = 16;

/** A run that takes longer cannot be meant. */
const MOST_SECONDS = 365 * 86_400;

export interface CostOptions {
  /** Bytes of memory that a run may keep; default: nine tenths of what the machine has. */
  readonly memory?: number;
  /** Receives what the run will cost, where that is much. Default: the run is not timed. */
  readonly say?: (text: string) => void;
  readonly onProgress?: (progress: CellProgress) => void;
}

/** The cells of a run, and what they are computed from. */
export interface PlannedCells extends Pick<PlannedRunOptions, 'concurrency'> {
  readonly queried: QueriedInputs;
  readonly context: CellContext;
  /** What {@link costsToCome} returns. */
  readonly costs: readonly CellCost[];
}

/** The planned costs of the cells that the store of a run does not have. All inputs count as the first. */
export function costsToCome(
  plan: Plan,
  { scores, store, explainers, metrics }: CellContext,
): readonly CellCost[] {
  const [{ f, input }] = scores;
  const cells = cellsOf(plan).filter((cell) => !store.has(cellName(cell)));
  return cellCosts({ f, x: input.tensor, cells, explainers, metrics });
}

/**
 * Says before a run what it will cost, where it is expected to take more than 10 s or 1 GB of memory: how many evaluations and gradients,
 * the seconds by a few runs that are timed, and the memory. Returns what `onProgress` of the run is to be: where a cost is not known
 * before, it says after the first input how long the others will take. Throws `too-large` for a run that no machine can finish
 * in a year, and for one that needs more memory than there is.
 */
export async function expectCost(
  { queried: { model, queries }, context, costs, concurrency }: PlannedCells,
  { memory = defaultMemoryLimit(), say, onProgress }: CostOptions,
): Promise<CostOptions['onProgress']> {
  const { scores, explainers, metrics } = context;
  const planned = planRun(costs, { concurrency, memory: freeOf(memory) });
  if (say === undefined) return onProgress;
  // A further run of a model that draws random numbers would change those of the others.
  const random = randomNotices(model, queries[0].output).length > 0;
  const seconds = random ? undefined : await secondsOf(scores[0], planned);
  if (seconds !== undefined && !planned.atMost) expectTime(seconds);
  const text = costText(planned, seconds);
  if (text !== undefined) say(text);
  if (planned.unknown.length === 0) return onProgress;
  const pace = paceOf({ perInput: { explain: explainers.length, measure: metrics.length }, say });
  return (progress) => {
    pace(progress);
    onProgress?.(progress);
  };
}

/** Bytes that a run may keep: those of the limit that the process does not hold yet, less a tenth for what comes beside rows. */
const freeOf = (limit: number): number => Math.max(0, 0.9 * (limit - process.memoryUsage().rss));

/** The expected cost in words, or what is not known of it; undefined where it is not much. */
function costText(planned: PlannedRun, seconds: number | undefined): string | undefined {
  const { forward, backward, atMost, bytes, unknown } = planned;
  const isLarge = (seconds ?? 0) > LARGE_SECONDS || bytes > LARGE_BYTES;
  if (!isLarge) return unknown.length === 0 ? undefined : `what ${listed(unknown)} takes is not known before`;
  const counts = [
    ...(forward > 0 ? [`${shownCount(forward)} evaluations`] : []),
    ...(backward > 0 ? [`${shownCount(backward)} gradients`] : []),
  ];
  const rows = `${counts.join(' and ')} of the model`;
  const time =
    seconds === undefined
      ? 'a time that is not known before'
      : `about ${shownSeconds(seconds)} by the time of a few runs`;
  const held = bytes > LARGE_BYTES ? `, about ${shownBytes(bytes)} of memory` : '';
  const others = unknown.length === 0 ? '' : `; not counted, as it is not known before: ${listed(unknown)}`;
  return `this run takes ${atMost ? 'at most ' : ''}${rows}, ${time}${held}${others}`;
}

function expectTime(seconds: number): void {
  if (seconds <= MOST_SECONDS) return;
  fail({
    code: 'too-large',
    where: 'run',
    expected: 'at most one year',
    got: `about ${shownSeconds(seconds)} by the time of a few runs`,
    remedy: `Lower draws, steps, samples or the number of inputs, which multiply: for one day by a factor of ${shownCount(Math.ceil(seconds / 86_400))}.`,
  });
}

/** Seconds of the rows that are planned; undefined for few of them, and where a row cannot be evaluated. */
async function secondsOf(
  { f, input: { tensor: x } }: InputScore,
  { forward, backward }: PlannedRun,
): Promise<number | undefined> {
  if (forward + backward < TIMED_ROWS) return undefined;
  try {
    const forwards = await expectedSeconds({ x, count: forward, evaluate: (batch) => f.value(batch) });
    return forwards + (await expectedSeconds({ x, count: backward, evaluate: (batch) => f.gradient(batch) }));
  } catch (error) {
    if (error instanceof OnnxplainError && error.code !== 'aborted' && error.code !== 'closed')
      return undefined;
    throw error;
  }
}
