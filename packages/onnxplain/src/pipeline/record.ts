import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Attribution, interval, type Metric, sizeOfAttribution } from '@onnxplain/core';
import { writeNpy } from '@onnxplain/files';
import {
  type AttributionCell,
  type AttributionRecord,
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
import { type Drawing, drawAttribution, seriesOf } from './draw.js';
import type { Evaluation } from './evaluate.js';
import type { Question } from './question.js';
import { perToken } from './tokens.js';

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
  const { explainers, metrics, explanations, seed, times } = evaluation;
  const files = new Map<string, Uint8Array>();
  const started = performance.now();
  const estimates = estimateCells(evaluation);
  const attributions = attributionCells(evaluation, { drawing: options.drawing, files });
  const draw = (performance.now() - started) / 1000;
  const record: RunRecord = {
    schema: 'onnxplain-record',
    version: RECORD_VERSION,
    created: (options.created ?? new Date()).toISOString(),
    environment: options.environment,
    request: { ...options.request, seed },
    model: options.model,
    inputs: explanations.map(({ question }) => inputRecord(question)),
    explainers: explainers.map(({ expression, kind, control }) => ({ expression, kind, control })),
    metrics: metrics.map(metricRecord),
    notices: options.notices ?? [],
    attributions,
    estimates,
    summaries: summariesOf(evaluation, estimates),
    timings: timingsOf(times, draw),
  };
  return { record, files };
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
}: Question): InputRecord {
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
  { explainers, metrics, measurements }: Evaluation,
  estimates: readonly EstimateCell[],
): readonly Summary[] {
  return summarise(estimates, {
    explainers,
    metrics,
    paired: ({ input, metric, i, j }) => measurements[input][metric].differences[i][j],
  });
}

function timingsOf({ explain, measure, runtime }: Evaluation['times'], draw: number): Timings {
  return {
    total: explain + measure + draw,
    parts: { explain, measure, draw },
    runtime: { seconds: runtime },
  };
}

function estimateCells({ metrics, measurements }: Evaluation): EstimateCell[] {
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

interface Output {
  readonly drawing: Drawing | undefined;
  readonly files: Map<string, Uint8Array>;
}

function attributionCells({ explanations }: Evaluation, output: Output): AttributionCell[] {
  return explanations.flatMap(({ question, attributions }, input) =>
    attributions.map((outcome, explainer): AttributionCell => {
      const place = { input, explainer };
      if (outcome.status !== 'done') return { ...place, ...outcome };
      const name = `${String(input).padStart(4, '0')}-${String(explainer).padStart(2, '0')}`;
      return {
        ...place,
        status: 'done',
        ...attributionRecord({ question, attribution: outcome.value, name }, output),
      };
    }),
  );
}

interface Part {
  readonly question: Question;
  readonly attribution: Attribution;
  readonly name: string;
}

function attributionRecord(
  { question, attribution, name }: Part,
  { drawing, files }: Output,
): AttributionRecord {
  const { values, key, cost, residual, diagnosis } = attribution;
  const file = `attributions/${name}.npy`;
  files.set(file, writeNpy(values));
  const series = seriesOf(question.input, attribution);
  const drawn = series === undefined ? drawAttribution(question.input, attribution, drawing) : undefined;
  const picture = drawn && { ...drawn.picture, file: `pictures/${name}.png` };
  if (drawn !== undefined && picture !== undefined) files.set(picture.file, drawn.png);
  const size = { ...sizeOfAttribution(attribution), groups: attribution.features?.count };
  const tokens = question.input.tokens && { perToken: perToken(attribution) };
  return { key, cost, residual, diagnosis, ...size, file, picture, series, ...tokens };
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
