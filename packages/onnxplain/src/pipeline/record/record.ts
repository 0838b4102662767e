import { interval } from '@onnxplain/core';
import {
  type AttributionCell,
  type EstimateCell,
  type InputRecord,
  type ModelRecord,
  RECORD_VERSION,
  type Request,
  type RunRecord,
  type Summary,
  summarise,
  type Timings,
} from '@onnxplain/report';
import type { ScoredInput } from '../query/score-inputs.js';
import type { Evaluation } from '../run/evaluate.js';
import { attributionCell } from './attribution-record.js';
import type { Drawing } from './draw.js';
import { relativePaths } from './relative-paths.js';

export interface RecordOptions {
  readonly model: ModelRecord;
  readonly environment: RunRecord['environment'];
  readonly request: Omit<Request, 'seed'>;
  readonly drawing?: Drawing;
  /** The notices of the run; default none. */
  readonly notices?: readonly string[];
  /** Default: now. */
  readonly created?: Date;
}

/** A record, and the files that it names by their paths relative to it. */
export interface Recorded {
  readonly record: RunRecord;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Makes the record of an evaluation and its files: pictures as PNG and attributions as .npy (float64). */
export function recordOf(evaluation: Evaluation, options: RecordOptions): Recorded {
  const { explanations, times } = evaluation;
  const started = performance.now();
  const cells = explanations.flatMap(({ input: scored, attributions }, input) =>
    attributions.map((outcome, explainer) =>
      attributionCell({ input, explainer, scored, outcome }, options.drawing),
    ),
  );
  const draw = (performance.now() - started) / 1000;
  const record = recordFrom(
    {
      ...evaluation,
      inputs: explanations.map(({ input }) => input),
      attributions: cells.map(({ cell }) => cell),
      times: { ...times, draw },
    },
    options,
  );
  return { record, files: new Map(cells.flatMap(({ files }) => [...files])) };
}

/** The results of a run, without arrays. */
export interface RunResults extends Pick<Evaluation, 'explainers' | 'metrics' | 'measurements' | 'seed'> {
  readonly inputs: readonly ScoredInput[];
  readonly attributions: readonly AttributionCell[];
  /** Seconds. */
  readonly times: Evaluation['times'] & { readonly draw: number };
}

/** Makes the record that `record.json` holds. Paths in it are relative to the working folder. */
export function recordFrom(results: RunResults, options: Omit<RecordOptions, 'drawing'>): RunRecord {
  const { explainers, metrics, inputs, attributions, seed, times } = results;
  const estimates = estimateCells(results);
  return relativePaths({
    schema: 'onnxplain-record',
    version: RECORD_VERSION,
    created: (options.created ?? new Date()).toISOString(),
    environment: options.environment,
    request: { ...options.request, seed },
    model: options.model,
    inputs: inputs.map(inputRecord),
    explainers,
    metrics,
    notices: options.notices ?? [],
    attributions,
    estimates,
    summaries: summariesOf(results, estimates),
    timings: timingsOf(times),
  });
}

/** Returns an input with its prediction and target in the form of the record. */
export function inputRecord(scored: ScoredInput): InputRecord {
  const { name, file, sha256, content, tensor, tokens, beside } = scored;
  const { target, at, mask, elements, classAxis, targetLabel, prediction, value } = scored;
  return {
    name,
    file,
    sha256,
    content,
    shape: tensor.shape,
    target,
    at,
    mask,
    elements,
    classAxis,
    targetLabel,
    prediction,
    score: value,
    tokens,
    beside,
  };
}

function summariesOf(
  { explainers, metrics, measurements }: RunResults,
  estimates: readonly EstimateCell[],
): readonly Summary[] {
  return summarise(estimates, {
    explainers,
    metrics,
    paired: ({ input, metric, i, j }) => measurements[input][metric].differences[i][j],
  });
}

function timingsOf({ explain, measure, runtime, draw }: RunResults['times']): Timings {
  return {
    total: explain + measure + draw,
    parts: { explain, measure, draw },
    runtime: { seconds: runtime },
  };
}

function estimateCells({ metrics, measurements }: RunResults): EstimateCell[] {
  const cells = measurements.flatMap((row, input) =>
    row.flatMap(({ key, measured }, metric) =>
      measured.map((outcome, explainer): EstimateCell => {
        const indices = { input, explainer, metric };
        if (outcome.status !== 'done') return { ...indices, ...outcome };
        const { least, most } = metrics[metric];
        const { estimate, curve, details } = outcome.value;
        return {
          ...indices,
          status: 'done',
          key,
          estimate,
          interval: interval(estimate, { least, most }),
          curve,
          details,
        };
      }),
    ),
  );
  return cells.sort((a, b) => a.input - b.input || a.explainer - b.explainer || a.metric - b.metric);
}
