import type { Attribution, Explainer, Metric } from '@onnxplain/core';
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
import { attributionCell, attributionFile } from './attribution-cell.js';
import type { Drawing } from './draw.js';
import { expectSome, explainKey, explainOne, type RunProgress } from './explain.js';
import { expectLayers } from './layers.js';
import { type Measurement, measureKey, measureOne } from './measure.js';
import { type AttributionFacts, factsOf } from './notices/after.js';
import { rowNoticesOf } from './notices/rows.js';
import type { Notifier } from './notices/run.js';
import type { Outcome } from './outcome.js';
import { type Planned, planOf } from './plan.js';
import type { RunResults } from './record.js';
import { type ScoredInput, scoreInputs } from './scored-input.js';

export interface RunPlanOptions {
  readonly explainers: readonly Explainer[];
  readonly metrics: readonly Metric[];
  readonly seed: number;
  /** Where the ledger is kept while the run goes on. */
  readonly folder: string;
  /** Takes up the finished cells in `folder`; default false: such a folder is refused. */
  readonly resume?: boolean;
  readonly drawing?: Drawing;
  readonly notifier?: Notifier;
  /** Gets what concerns this process only, such as how many cells were taken up. */
  readonly say?: (text: string) => void;
  readonly onProgress?: (progress: RunProgress) => void;
}

/** What a run found out, all of it read from its ledger. */
export interface LedgerRun {
  readonly plan: Plan;
  readonly results: RunResults;
  /** Files that the record names, by path: each is read when it is called. */
  readonly files: ReadonlyMap<string, () => Promise<Uint8Array>>;
  /**
   * Closes the ledger: call it when the record is written. Removes the ledger, unless a cell failed: then it stays, so that `resume` tries
   * the failed cells again.
   */
  done(): Promise<void>;
}

/**
 * Makes the plan of a run, computes the cells that its ledger does not have, one after the other, and reads the results from the
 * ledger. The arrays of one cell are held at a time: an attribution, or to measure one input those of all explainers. A run that is
 * stopped, fails or is killed leaves its ledger in `folder`, unless no cell was finished.
 * Keys are those of `explain` and `measure`. Throws what `scoreInputs`, `expectLayers` and `openLedger` throw, and `aborted`.
 */
export async function runPlan(planned: Planned, options: RunPlanOptions): Promise<LedgerRun> {
  const { model, asked, inputs } = planned;
  const { explainers, folder, resume, say } = options;
  expectSome({ inputs, explainers });
  await expectLayers(model, inputs, { ...asked, explainers });
  const plan = planOf(planned, options);
  const ledger = await openLedger(folder, plan, { resume });
  try {
    for (const text of [...ledger.notices, ...resumedNotices(ledger, plan)]) say?.(text);
    const questions = await scoreInputs(model, inputs, asked);
    const run: Run = { ...options, planned, plan, ledger, questions };
    await computeCells(run);
    const results = await resultsOf(run);
    options.notifier?.measured(
      { ...results, explanations: questions.map((question) => ({ question })) },
      await rowsOf(run, cellsOf(plan)),
    );
    return { plan, results, files: filesOf(ledger, results.attributions), done: () => conclude(ledger, say) };
  } catch (error) {
    if (ledger.lines.size > 0)
      say?.(`${ledger.lines.size} finished cells are kept in ${folder}; --resume goes on with them`);
    await ledger.close();
    throw error;
  }
}

/** Says how many cells an earlier process left, finished and failed. */
function resumedNotices({ lines }: Ledger, plan: Plan): readonly string[] {
  const finished = [...lines.values()].filter(isFinished).length;
  const failed = lines.size - finished;
  const before = `${finished} of ${cellsOf(plan).length} cells were finished before`;
  const again = `${failed} cells that failed before are tried again`;
  return [...(lines.size > 0 ? [before] : []), ...(failed > 0 ? [again] : [])];
}

async function conclude(ledger: Ledger, say: RunPlanOptions['say']): Promise<void> {
  await ledger.conclude();
  const failed = [...ledger.lines.values()].filter((line) => !isFinished(line)).length;
  if (failed > 0)
    say?.(`${failed} cells failed; ${ledger.folder} keeps the others: --resume tries the failed ones again`);
}

interface Run extends RunPlanOptions {
  readonly planned: Planned;
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly questions: readonly ScoredInput[];
}

/** What the ledger keeps of every cell beside its numbers. */
interface Kept {
  /** See `rowNoticesOf`, as far as they were known when the cell was done. */
  readonly rows: readonly string[];
  /** In seconds; `runtime` of it inside ONNX Runtime. */
  readonly spent: { readonly seconds: number; readonly draw: number; readonly runtime: number };
}

interface ExplainResult extends Kept {
  readonly attribution: Outcome<Attribution>;
  readonly cell: AttributionCell;
  /** Absent where the explainer failed. */
  readonly facts?: AttributionFacts;
}

interface MeasureResult extends Kept {
  readonly measurement: Measurement;
}

/** One field of a result as it was appended. The checksum says that this program wrote it, so that its type is known. */
async function readField<R extends Kept, F extends keyof R & string>(
  ledger: Ledger,
  cell: Cell,
  field: F,
): Promise<R[F]> {
  return (await ledger.read(cellName(cell), field)) as R[F];
}

async function computeCells(run: Run): Promise<void> {
  const { plan, ledger, planned, notifier, onProgress, questions } = run;
  await runCells(plan, ledger, {
    signal: planned.asked.signal,
    onProgress,
    compute: (cell) => (cell.stage === 'explain' ? explainCell(run, cell) : measureCell(run, cell)),
    async onStage(stage) {
      if (stage !== 'explain') return;
      const rows = await rowsOf(
        run,
        cellsOf(plan).filter((cell) => cell.stage === 'explain'),
      );
      await notifier?.afterFacts({ questions, facts: await factsIn(run), rows });
    },
  });
}

async function explainCell(run: Run, { input, explainer }: Cell & { stage: 'explain' }): Promise<CellResult> {
  const { questions, explainers, seed, drawing } = run;
  const question = questions[input];
  const timer = startTimer();
  const attribution = await explainOne(question, explainers[explainer], explainKey(seed));
  const explained = timer();
  const { cell, files } = attributionCell({ input, explainer, question, outcome: attribution }, drawing);
  const result: ExplainResult = {
    attribution,
    cell,
    facts: attribution.status === 'done' ? factsOf(attribution.value) : undefined,
    ...keptOf(run, { ...explained, draw: timer().seconds - explained.seconds }),
  };
  // The numbers are in the result.
  const pictures = [...files].filter(([name]) => name !== attributionFile({ input, explainer }));
  return {
    result: { ...result },
    files: new Map(pictures),
    failed: attribution.status === 'failed',
  };
}

async function measureCell(run: Run, { input, metric }: Cell & { stage: 'measure' }): Promise<CellResult> {
  const { questions, explainers, metrics, seed, ledger } = run;
  const attributions: Outcome<Attribution>[] = [];
  for (const explainer of explainers.keys()) {
    const cell = { stage: 'explain', input, explainer } as const;
    attributions.push(await readField<ExplainResult, 'attribution'>(ledger, cell, 'attribution'));
  }
  const timer = startTimer();
  const explanation = { question: questions[input], attributions };
  const task = { explanation, metric: metrics[metric], explainers, base: measureKey(seed) };
  const measurement = await measureOne(task);
  const result: MeasureResult = { measurement, ...keptOf(run, { ...timer(), draw: 0 }) };
  const failed = measurement.measured.some(({ status }) => status === 'failed');
  return { result: { ...result }, failed };
}

/** Returns a function that gives the seconds since, and those of them inside ONNX Runtime. */
function startTimer(): () => { seconds: number; runtime: number } {
  const [started, inside] = [performance.now(), ortSeconds()];
  return () => ({ seconds: (performance.now() - started) / 1000, runtime: ortSeconds() - inside });
}

const keptOf = ({ planned: { model } }: Run, spent: Kept['spent']): Kept => ({
  rows: rowNoticesOf(model),
  spent,
});

/** [input][explainer]. */
async function factsIn({
  plan,
  ledger,
}: Run): Promise<readonly (readonly (AttributionFacts | undefined)[])[]> {
  return Promise.all(
    plan.inputs.map((_, input) =>
      Promise.all(
        plan.explainers.map(async (_, explainer) => {
          const cell = { stage: 'explain', input, explainer } as const;
          const { status } = await readField<ExplainResult, 'cell'>(ledger, cell, 'cell');
          return status === 'done' ? readField<ExplainResult, 'facts'>(ledger, cell, 'facts') : undefined;
        }),
      ),
    ),
  );
}

/** What the runs of cells found out about the rows of inputs, each sentence once. */
async function rowsOf({ ledger }: Run, cells: readonly Cell[]): Promise<readonly string[]> {
  const rows = await Promise.all(cells.map((cell) => readField<Kept, 'rows'>(ledger, cell, 'rows')));
  return [...new Set(rows.flat())];
}

async function resultsOf(run: Run): Promise<RunResults> {
  const { plan, ledger, explainers, metrics, seed, questions } = run;
  const cells = cellsOf(plan);
  const attributions = await Promise.all(
    cells
      .filter(({ stage }) => stage === 'explain')
      .map((cell) => readField<ExplainResult, 'cell'>(ledger, cell, 'cell')),
  );
  const found = await Promise.all(
    cells
      .filter(({ stage }) => stage === 'measure')
      .map((cell) => readField<MeasureResult, 'measurement'>(ledger, cell, 'measurement')),
  );
  const measurements = questions.map((_, i) => found.slice(i * metrics.length, (i + 1) * metrics.length));
  return { explainers, metrics, seed, questions, attributions, measurements, times: await timesOf(run) };
}

/** Sums over the cells, of whatever process they were computed in. */
async function timesOf({ plan, ledger }: Run): Promise<RunResults['times']> {
  const times = { explain: 0, measure: 0, draw: 0, runtime: 0 };
  for (const cell of cellsOf(plan)) {
    const { seconds, draw, runtime } = await readField<Kept, 'spent'>(ledger, cell, 'spent');
    times[cell.stage] += seconds;
    times.draw += draw;
    times.runtime += runtime;
  }
  return times;
}

/** Pictures and numbers of attributions, as they lie in the ledger. */
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
