import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { interval, type Metric } from '@onnxplain/core';
import {
  type AttributionCell,
  type EstimateCell,
  type InputRecord,
  type MetricRecord,
  type ModelRecord,
  RECORD_VERSION,
  type Request,
  type RunRecord,
  type Summary,
  summarise,
  type Timings,
} from '@onnxplain/report';
import type { Model } from '@onnxplain/runtime';
import { attributionCell } from './attribution-cell.js';
import type { Drawing } from './draw.js';
import type { Evaluation } from './evaluate.js';
import type { ScoredInput } from './scored-input.js';

export interface RecordOptions {
  readonly model: ModelRecord;
  readonly environment: RunRecord['environment'];
  readonly request: Omit<Request, 'seed'>;
  readonly drawing?: Drawing;
  /** What was said beside the results; default none. */
  readonly notices?: readonly string[];
  /** Default: now. */
  readonly created?: Date;
}

/** A record and the files it names, by path relative to it. */
export interface Recorded {
  readonly record: RunRecord;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Writes down an evaluation: the record of `record.json`, pictures as PNG and attributions as .npy (float64). */
export function recordOf(evaluation: Evaluation, options: RecordOptions): Recorded {
  const { explanations, times } = evaluation;
  const started = performance.now();
  const cells = explanations.flatMap(({ question, attributions }, input) =>
    attributions.map((outcome, explainer) =>
      attributionCell({ input, explainer, question, outcome }, options.drawing),
    ),
  );
  const draw = (performance.now() - started) / 1000;
  const record = recordFrom(
    {
      ...evaluation,
      questions: explanations.map(({ question }) => question),
      attributions: cells.map(({ cell }) => cell),
      times: { ...times, draw },
    },
    options,
  );
  return { record, files: new Map(cells.flatMap(({ files }) => [...files])) };
}

/** What a run found out, without the arrays. */
export interface RunResults extends Pick<Evaluation, 'explainers' | 'metrics' | 'measurements' | 'seed'> {
  readonly questions: readonly ScoredInput[];
  readonly attributions: readonly AttributionCell[];
  /** Seconds. */
  readonly times: Evaluation['times'] & { readonly draw: number };
}

/** The record of `record.json`. */
export function recordFrom(results: RunResults, options: Omit<RecordOptions, 'drawing'>): RunRecord {
  const { explainers, metrics, questions, attributions, seed, times } = results;
  const estimates = estimateCells(results);
  return {
    schema: 'onnxplain-record',
    version: RECORD_VERSION,
    created: (options.created ?? new Date()).toISOString(),
    environment: options.environment,
    request: { ...options.request, seed },
    model: options.model,
    inputs: questions.map(inputRecord),
    explainers: explainers.map(({ expression, kind, control }) => ({ expression, kind, control })),
    metrics: metrics.map(metricRecord),
    notices: options.notices ?? [],
    attributions,
    estimates,
    summaries: summariesOf(results, estimates),
    timings: timingsOf(times),
  };
}

/** An input and its answer as the record has them. */
export function inputRecord({
  input,
  content,
  target,
  at,
  mask,
  elements,
  classAxis,
  targetLabel,
  prediction,
  value,
}: ScoredInput): InputRecord {
  const { name, file, sha256, tensor, tokens, beside } = input;
  const { shape } = tensor;
  return {
    name,
    file,
    sha256,
    content,
    shape,
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

function metricRecord(metric: Metric): MetricRecord {
  const { name, expression, better, units, source, definition, comparable = 'any', least } = metric;
  return { name, expression, better, units, source, definition, comparable, least };
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
        const place = { input, explainer, metric };
        if (outcome.status !== 'done') return { ...place, ...outcome };
        const { least } = metrics[metric];
        return {
          ...place,
          status: 'done',
          key,
          estimate: outcome.value.estimate,
          interval: interval(outcome.value.estimate, { least }),
        };
      }),
    ),
  );
  return cells.sort((a, b) => a.input - b.input || a.explainer - b.explainer || a.metric - b.metric);
}

/** Programs and providers of this process, for the record. */
export function environmentOf(model: Model): RunRecord['environment'] {
  const refused = Object.entries(model.refused).map(([name, reason]) => ({ name, available: false, reason }));
  return {
    onnxplain: version,
    onnxruntime: runtimeVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    device: model.device,
    providers: [{ name: model.device, available: true }, ...refused],
  };
}

/** This package's version. */
export const version: string = versionIn(new URL('../../package.json', import.meta.url));

/** Of the ONNX Runtime that the runtime package runs on. */
function runtimeVersion(): string {
  const ours = createRequire(import.meta.url);
  const theirs = createRequire(ours.resolve('@onnxplain/runtime'));
  return versionIn(theirs.resolve('onnxruntime-node/package.json'));
}

function versionIn(file: URL | string): string {
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
