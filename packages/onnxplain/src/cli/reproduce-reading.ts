import { join } from 'node:path';
import type { PaperTable, Reading } from '@onnxplain/papers';
import { joinRecords, type PartModel, type PartRun, type RunRecord } from '@onnxplain/report';
import { loadPlugins } from '../expression/load-plugin.js';
import { make } from '../expression/registry.js';
import type { TableInputs } from '../pipeline/reproduce/inputs.js';
import type { ModelOfTable } from '../pipeline/reproduce/models.js';
import { expressionsOf, finishedRun } from '../pipeline/reproduce/part.js';
import { tablePictures } from '../pipeline/reproduce/pictures.js';
import { evaluate } from './evaluate.js';
import { EXIT, type ExitCode } from './failure.js';
import type { ReproduceContext, ReproduceFlags } from './reproduce-flags.js';

/** What all readings share. `table` has the rows and columns of all tables, the rows of the first model first. */
export interface TableRun {
  readonly table: PaperTable;
  readonly flags: ReproduceFlags;
  readonly out: string;
  readonly models: readonly ModelOfTable[];
  readonly inputs: TableInputs;
}

/** The record of a reading, with the rows of all models. */
export interface ReadingRun extends PartRun {
  readonly reading: Reading;
  readonly exit: ExitCode;
  /** Absent where the table has one model. */
  readonly models?: readonly PartModel[];
}

/** Evaluates one reading with each model, or takes the finished records. The run of one of several models is in a folder of its name. */
export async function runReading(
  run: TableRun,
  reading: Reading,
  context: ReproduceContext,
): Promise<ReadingRun> {
  const folder = join(run.out, reading);
  const runs: ModelRun[] = [];
  for (const model of run.models)
    runs.push(await runModel(run, { model, reading, out: join(folder, model.name ?? '') }, context));
  const named = runs.flatMap(({ name, ...each }) => (name === undefined ? [] : [{ name, ...each }]));
  const record =
    named.length === 0
      ? runs[0].record
      : joinRecords(named.map(({ name, record }) => ({ folder: name, record })));
  const models = named.map(({ name, record: { model } }) => ({
    name,
    folder: `${reading}/${name}`,
    file: model.file,
    sha256: model.sha256,
  }));
  const drawn = await tablePictures(folder, record, run.inputs.array);
  return {
    reading,
    exit: worst(runs.map(({ exit }) => exit)),
    record,
    ...(models.length > 0 && { models }),
    ...drawn,
  };
}

interface ModelRun {
  readonly name?: string;
  readonly exit: ExitCode;
  readonly record: RunRecord;
}

interface ModelRequest {
  readonly model: ModelOfTable;
  readonly reading: Reading;
  readonly out: string;
}

/** Evaluates one reading with one model, or takes its finished record. */
async function runModel(
  { flags, inputs }: TableRun,
  { model: { name, file, table }, reading, out }: ModelRequest,
  context: ReproduceContext,
): Promise<ModelRun> {
  const { explainers, metrics } = expressionsOf(table, reading, inputs.background);
  const command = context.command.filter((word) => word !== '--resume');
  const plugins = await loadPlugins(flags.plugin ?? []);
  const canonical = (kind: 'explainer' | 'metric') => (text: string) =>
    make(text, kind, { plugins }).expression;
  const finished =
    flags.resume === true
      ? finishedRun(out, {
          model: file,
          command,
          explainers: explainers.map(canonical('explainer')),
          metrics: metrics.map(canonical('metric')),
        })
      : undefined;
  if (finished !== undefined && 'record' in finished)
    return { name, exit: EXIT.done, record: finished.record };
  if (finished !== undefined)
    context.notices.notice(`the finished run in ${out} is of ${finished.differs}: it is computed again`);
  const { exit, record } = await evaluate(
    file,
    { ...flags, input: inputs.files, explainer: explainers, metric: metrics, out },
    { ...context, command },
  );
  return { name, exit, record };
}

/** Done where all are done, failed where all failed, else partly done. */
export function worst(exits: readonly ExitCode[]): ExitCode {
  const [first] = exits;
  return exits.every((exit) => exit === first) ? first : EXIT.partly;
}
