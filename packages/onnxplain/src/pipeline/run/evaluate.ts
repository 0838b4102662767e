import { type Attribution, type Explainer, fail, type Metric } from '@onnxplain/core';
import { type CellProgress, cellName, memoryStore, runCells } from '@onnxplain/experiment';
import type { ExplainerRecord, MetricRecord } from '@onnxplain/report';
import { ortSeconds } from '@onnxplain/runtime';
import type { QueriedInputs } from '../query/query.js';
import { type ScoredInput, type ScoreRunOptions, scoresOf } from '../query/score-inputs.js';
import { explainerRecord, metricRecord } from '../record/methods.js';
import { attributionsIn, type CellContext, explainCell, measureCell, measurementsIn } from './cells.js';
import { concurrencyFor } from './concurrency.js';
import { costsToCome, expectCost } from './expected-cost.js';
import { expectLayers } from './layers.js';
import type { Measurement } from './measure-input.js';
import { expectNeeds } from './needs.js';
import type { Outcome } from './outcome.js';
import { planOf } from './plan.js';

/** Cells done of all cells of a stage. */
export type RunProgress = CellProgress;

export interface ExplainInputsOptions extends ScoreRunOptions {
  readonly explainers: readonly Explainer[];
  /** Same seed, same draws; default 0. */
  readonly seed?: number;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Receives messages about this process only, such as what a large run will cost. Default: nothing is timed for them. */
  readonly say?: (text: string) => void;
  /** Bytes of memory that the run may keep; default: nine tenths of what the machine has. */
  readonly memory?: number;
}

export interface EvaluateInputsOptions extends ExplainInputsOptions {
  readonly metrics: readonly Metric[];
}

/** One input explained by every explainer, in their order. Plain data. */
export interface Explanation {
  readonly input: ScoredInput;
  readonly attributions: readonly Outcome<Attribution>[];
}

/** All results of a run. Plain data: it can be cloned to another thread. */
export interface Evaluation {
  readonly explainers: readonly ExplainerRecord[];
  readonly metrics: readonly MetricRecord[];
  readonly explanations: readonly Explanation[];
  /** [input][metric]. */
  readonly measurements: readonly (readonly Measurement[])[];
  readonly seed: number;
  /** Seconds; `runtime` of them inside ONNX Runtime. */
  readonly times: { readonly explain: number; readonly measure: number; readonly runtime: number };
}

/**
 * Explains every input by every explainer. The key of an input is fold(fold(key(seed), 'explain'), content), with the hash of its content
 * (see `contentHash`), the same for all explainers: its draws are the same in any order of the inputs, and alone. Cells run
 * concurrently, so that they share runs of the model. A cell that fails is part of the result; throws what concerns all cells: `usage`
 * without inputs or explainers, `value-unknown` for layers that the model does not have, what `scoresOf` throws, and `aborted`.
 */
export async function explainInputs(
  queried: QueriedInputs,
  options: ExplainInputsOptions,
): Promise<readonly Explanation[]> {
  return (await evaluateInputs(queried, { ...options, metrics: [] })).explanations;
}

/**
 * Measures explanations under every metric, [input][metric]. The key of an input is fold(fold(key(seed), 'metric'), content), shared by all
 * explainers and metrics, so that differences are paired. A metric that can compare evaluates f once per draw for all explainers.
 * `explanations` must be those of the same inputs and explainers. Throws like {@link explainInputs}.
 */
export async function measure(
  queried: QueriedInputs,
  explanations: readonly Explanation[],
  options: EvaluateInputsOptions,
): Promise<readonly (readonly Measurement[])[]> {
  const store = memoryStore();
  for (const [input, { attributions }] of explanations.entries()) {
    for (const [explainer, attribution] of attributions.entries()) {
      await store.append(cellName({ stage: 'explain', input, explainer }), { attribution });
    }
  }
  const context = await contextOf(queried, options, store);
  await computeCells(queried, options, context);
  return measurementsIn(context);
}

/** Explains inputs by every explainer, then measures the explanations under every metric: see {@link explainInputs} and {@link measure}. */
export async function evaluateInputs(
  queried: QueriedInputs,
  options: EvaluateInputsOptions,
): Promise<Evaluation> {
  const { explainers, metrics, seed = 0 } = options;
  const [started, runtimeBefore] = [performance.now(), ortSeconds()];
  const context = await contextOf(queried, options, memoryStore());
  const explained = await computeCells(queried, options, context);
  const times = {
    explain: (explained - started) / 1000,
    measure: (performance.now() - explained) / 1000,
    runtime: ortSeconds() - runtimeBefore,
  };
  return {
    explainers: explainers.map(explainerRecord),
    metrics: metrics.map(metricRecord),
    explanations: await explanationsIn(context),
    measurements: await measurementsIn(context),
    seed,
    times,
  };
}

async function contextOf(
  queried: QueriedInputs,
  { explainers, metrics, seed = 0, batch, signal }: EvaluateInputsOptions,
  store: CellContext['store'],
): Promise<CellContext> {
  await expectRunnable(queried, explainers, metrics);
  const scores = await scoresOf(queried, { batch, signal });
  return { scores, explainers, metrics, seed, store };
}

/** Throws `usage` for a run without inputs or explainers, and what {@link expectLayers} and {@link expectNeeds} throw. */
export async function expectRunnable(
  queried: QueriedInputs,
  explainers: readonly Explainer[],
  metrics: readonly Metric[] = [],
): Promise<void> {
  for (const [where, list] of Object.entries({ inputs: queried.inputs, explainers })) {
    if (list.length === 0) fail({ code: 'usage', where, expected: 'at least one', got: 'none' });
  }
  await expectNeeds(queried, [...explainers, ...metrics]);
  await expectLayers(queried, explainers);
}

/** Computes the cells that the store does not have. Returns the time, in milliseconds, at which the last explanation was finished. */
async function computeCells(
  queried: QueriedInputs,
  { explainers, metrics, signal, onProgress, say, memory }: EvaluateInputsOptions,
  context: CellContext,
): Promise<number> {
  const plan = planOf(queried, { explainers, metrics, seed: context.seed });
  const costs = costsToCome(plan, context);
  const concurrency = concurrencyFor(context.scores[0].input.tensor, costs);
  const told = await expectCost({ queried, context, costs, concurrency }, { memory, say, onProgress });
  let explained = performance.now();
  await runCells(plan, context.store, {
    signal,
    onProgress: told,
    concurrency,
    compute: async (cell) => ({
      result:
        cell.stage === 'explain'
          ? { attribution: await explainCell(context, cell) }
          : { measurement: await measureCell(context, cell) },
    }),
    async onStage(stage) {
      if (stage === 'explain') explained = performance.now();
    },
  });
  return explained;
}

function explanationsIn(context: CellContext): Promise<readonly Explanation[]> {
  return Promise.all(
    context.scores.map(async ({ input }, i) => ({ input, attributions: await attributionsIn(context, i) })),
  );
}
