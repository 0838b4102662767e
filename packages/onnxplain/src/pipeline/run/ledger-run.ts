import type { Explainer, Metric } from '@onnxplain/core';
import { counted } from '@onnxplain/core';
import {
  type Cell,
  type CellResult,
  cellName,
  cellsOf,
  isFinished,
  type Ledger,
  openLedger,
  type Plan,
  runCells,
} from '@onnxplain/experiment';
import type { AttributionCell } from '@onnxplain/report';
import { ortSeconds } from '@onnxplain/runtime';
import type { Plugin } from '../../expression/plugin.js';
import { type AttributionFacts, factsOf } from '../notices/attributions.js';
import type { Notifier } from '../notices/notifier.js';
import { rowNoticesOf } from '../notices/rows.js';
import type { QueriedInputs } from '../query/query.js';
import { type ScoreRunOptions, scoresOf } from '../query/score-inputs.js';
import { attributionCell, attributionFile } from '../record/attribution-record.js';
import type { Drawing } from '../record/draw.js';
import { explainerRecord, metricRecord } from '../record/methods.js';
import type { RunResults } from '../record/record.js';
import {
  type CellContext,
  type ExplainCell,
  type ExplainFields,
  explainCell,
  type MeasureCell,
  type MeasureFields,
  measureCell,
  measurementsIn,
  readField,
} from './cells.js';
import { expectRunnable, type RunProgress } from './evaluate.js';
import { costsToCome, expectCost } from './expected-cost.js';
import { planOf } from './plan.js';

export interface RunPlanOptions extends ScoreRunOptions {
  readonly explainers: readonly Explainer[];
  readonly metrics: readonly Metric[];
  /** Definitions that the expressions may name beside those of onnxplain: a changed file is refused with `resume`; default none. */
  readonly plugins?: readonly Plugin[];
  readonly seed: number;
  /** Where the ledger is kept while the run goes on. */
  readonly folder: string;
  /** Takes up the finished cells in `folder`; default false: a folder with finished cells is refused. */
  readonly resume?: boolean;
  readonly drawing?: Drawing;
  readonly notifier?: Notifier;
  /** Receives messages about this process only, such as how many cells were taken up. */
  readonly say?: (text: string) => void;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Bytes of memory that the run may keep; default: nine tenths of what the machine has. */
  readonly memory?: number;
}

/** The results of a run, all of them read from its ledger. */
export interface LedgerRun {
  readonly plan: Plan;
  readonly results: RunResults;
  /** The files that the record names, by path. Each is read when its function is called. */
  readonly files: ReadonlyMap<string, () => Promise<Uint8Array>>;
  /**
   * Closes the ledger: call it when the record is written. Removes the ledger, unless a cell failed: then it stays, so that `resume` tries
   * the failed cells again.
   */
  done(): Promise<void>;
}

/**
 * Makes the plan of a run, computes the cells that its ledger does not have, one after the other, and reads the results from the ledger.
 * Memory holds the arrays of two cells at a time, each one attribution, or, to measure one input, those of all explainers. A run that is
 * stopped, fails or is killed leaves its ledger in `folder`, unless no cell was finished. Keys are those of `explainInputs` and `measure`.
 * Throws what `explainInputs` and `openLedger` throw.
 */
export async function runPlan(queried: QueriedInputs, options: RunPlanOptions): Promise<LedgerRun> {
  const { explainers, metrics, seed, folder, resume, say, batch, signal } = options;
  await expectRunnable(queried, explainers, metrics);
  const plan = planOf(queried, options);
  const ledger = await openLedger(folder, plan, { resume });
  try {
    for (const text of [...ledger.notices, ...resumedNotices(ledger, plan)]) say?.(text);
    const scores = await scoresOf(queried, { batch, signal });
    const run: Run = { queried, options, plan, store: ledger, scores, explainers, metrics, seed };
    await computeCells(run);
    const results = await resultsOf(run);
    options.notifier?.measured(results, await rowNoticesIn(run, cellsOf(plan)));
    return { plan, results, files: filesOf(ledger, results.attributions), done: () => conclude(ledger, say) };
  } catch (error) {
    if (ledger.lines.size > 0)
      say?.(
        `${counted(ledger.lines.size, 'finished cell is', 'finished cells are')} kept in ${folder}; --resume goes on from there`,
      );
    await ledger.close();
    throw error;
  }
}

/** Says how many cells an earlier process left, finished and failed. */
function resumedNotices({ lines }: Ledger, plan: Plan): readonly string[] {
  const finished = [...lines.values()].filter(isFinished).length;
  const failed = lines.size - finished;
  const before = `${finished} of ${counted(cellsOf(plan).length, 'cell')} ${finished === 1 ? 'was' : 'were'} finished before`;
  const again = `${counted(failed, 'cell that failed before is', 'cells that failed before are')} tried again`;
  return [...(lines.size > 0 ? [before] : []), ...(failed > 0 ? [again] : [])];
}

async function conclude(ledger: Ledger, say: RunPlanOptions['say']): Promise<void> {
  await ledger.conclude();
  const failed = [...ledger.lines.values()].filter((line) => !isFinished(line)).length;
  if (failed > 0)
    say?.(
      `${counted(failed, 'cell')} failed; ${ledger.folder} keeps the others: --resume tries ${failed === 1 ? 'the failed one' : 'the failed ones'} again`,
    );
}

interface Run extends CellContext {
  readonly queried: QueriedInputs;
  readonly options: RunPlanOptions;
  readonly plan: Plan;
}

/** The fields that the ledger keeps for every cell in addition to its numbers. */
interface CommonFields {
  /** See `rowNoticesOf`, as far as they were known when the cell was done. */
  readonly rows: readonly string[];
  /** In seconds; `runtime` of them inside ONNX Runtime. */
  readonly spent: { readonly seconds: number; readonly draw: number; readonly runtime: number };
}

interface LedgerExplainFields extends CommonFields, ExplainFields {
  readonly cell: AttributionCell;
  /** Absent where the explainer failed. */
  readonly facts?: AttributionFacts;
}

type LedgerMeasureFields = CommonFields & MeasureFields;

async function computeCells(run: Run): Promise<void> {
  const { queried, plan, store, options, scores } = run;
  const costs = costsToCome(plan, run);
  const onProgress = await expectCost({ queried, context: run, costs, concurrency: 1 }, options);
  await runCells(plan, store, {
    signal: options.signal,
    onProgress,
    compute: (cell) => (cell.stage === 'explain' ? explainAndDraw(run, cell) : measureTimed(run, cell)),
    async onStage(stage) {
      if (stage !== 'explain') return;
      const explained = cellsOf(plan).filter((cell) => cell.stage === 'explain');
      await options.notifier?.explained(
        { first: scores[0].input, facts: await factsIn(run) },
        await rowNoticesIn(run, explained),
      );
    },
  });
}

async function explainAndDraw(run: Run, cell: ExplainCell): Promise<CellResult> {
  const { scores, options } = run;
  const timer = startTimer();
  const attribution = await explainCell(run, cell);
  const explained = timer();
  const drawn = attributionCell(
    { ...cell, scored: scores[cell.input].input, outcome: attribution },
    options.drawing,
  );
  const fields: LedgerExplainFields = {
    attribution,
    cell: drawn.cell,
    facts: attribution.status === 'done' ? factsOf(attribution.value) : undefined,
    rows: rowNoticesOf(run.queried.model),
    spent: { ...explained, draw: timer().seconds - explained.seconds },
  };
  // The numbers are among the fields; only the picture is a file of its own.
  const pictures = [...drawn.files].filter(([name]) => name !== attributionFile(cell));
  return { result: { ...fields }, files: new Map(pictures), failed: attribution.status === 'failed' };
}

async function measureTimed(run: Run, cell: MeasureCell): Promise<CellResult> {
  const timer = startTimer();
  const measurement = await measureCell(run, cell);
  const rows = rowNoticesOf(run.queried.model);
  const fields: LedgerMeasureFields = { measurement, rows, spent: { ...timer(), draw: 0 } };
  return { result: { ...fields }, failed: measurement.measured.some(({ status }) => status === 'failed') };
}

/** Returns a function that gives the seconds since now, and those of them inside ONNX Runtime. */
function startTimer(): () => { seconds: number; runtime: number } {
  const [started, runtimeBefore] = [performance.now(), ortSeconds()];
  return () => ({ seconds: (performance.now() - started) / 1000, runtime: ortSeconds() - runtimeBefore });
}

/** [input][explainer]; undefined where the explainer failed. */
async function factsIn({
  scores,
  explainers,
  store,
}: Run): Promise<readonly (readonly (AttributionFacts | undefined)[])[]> {
  const factsAt = async (input: number, explainer: number) => {
    const cell: ExplainCell = { stage: 'explain', input, explainer };
    const { status } = await readField<LedgerExplainFields, 'cell'>(store, cell, 'cell');
    return status === 'done' ? readField<LedgerExplainFields, 'facts'>(store, cell, 'facts') : undefined;
  };
  return Promise.all(scores.map((_, i) => Promise.all(explainers.map((_, e) => factsAt(i, e)))));
}

/** Returns the notices about rows that the runs of cells caused, each once. */
async function rowNoticesIn({ store }: Run, cells: readonly Cell[]): Promise<readonly string[]> {
  const rows = await Promise.all(cells.map((cell) => readField<CommonFields, 'rows'>(store, cell, 'rows')));
  return [...new Set(rows.flat())];
}

async function resultsOf(run: Run): Promise<RunResults> {
  const { plan, store, explainers, metrics, seed, scores } = run;
  const explained = cellsOf(plan).filter(({ stage }) => stage === 'explain');
  return {
    explainers: explainers.map(explainerRecord),
    metrics: metrics.map(metricRecord),
    seed,
    inputs: scores.map(({ input }) => input),
    attributions: await Promise.all(
      explained.map((cell) => readField<LedgerExplainFields, 'cell'>(store, cell, 'cell')),
    ),
    measurements: await measurementsIn(run),
    times: await timesOf(run),
  };
}

/** Sums the times over the cells, in whatever process they were computed. */
async function timesOf({ plan, store }: Run): Promise<RunResults['times']> {
  const times = { explain: 0, measure: 0, draw: 0, runtime: 0 };
  for (const cell of cellsOf(plan)) {
    const { seconds, draw, runtime } = await readField<CommonFields, 'spent'>(store, cell, 'spent');
    times[cell.stage] += seconds;
    times.draw += draw;
    times.runtime += runtime;
  }
  return times;
}

/** Pictures and numbers of attributions, as the ledger has them. */
function filesOf(ledger: Ledger, cells: readonly AttributionCell[]): LedgerRun['files'] {
  const files = new Map<string, () => Promise<Uint8Array>>();
  for (const cell of cells) {
    if (cell.status !== 'done') continue;
    const name = cellName({ stage: 'explain', input: cell.input, explainer: cell.explainer });
    const { picture } = cell;
    files.set(attributionFile(cell), () => ledger.file(name, `${name}.attribution.value.values.npy`));
    if (picture !== undefined) files.set(picture.file, () => ledger.file(name, picture.file));
  }
  return files;
}
