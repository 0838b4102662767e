import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@onnxplain/core';
import { expressionIn, judge, type PaperTable, type Reading } from '@onnxplain/papers';
import { RECORD_VERSION, type RunRecord, restrictRecord, type TablePart } from '@onnxplain/report';
import { version } from '../../version.js';
import { relativePaths } from '../record/relative-paths.js';

/** The expressions of a table in a reading. `{background}` is replaced by the file of baselines. */
export interface PartExpressions {
  readonly explainers: readonly string[];
  readonly metrics: readonly string[];
}

const BACKGROUND = '{background}';

/** The expressions of the rows and columns of a table. */
export function expressionsOf(table: PaperTable, reading: Reading, background?: string): PartExpressions {
  const file = background === undefined ? BACKGROUND : JSON.stringify(relativePaths(background));
  return {
    explainers: table.rows.map(({ explainer }) => expressionIn(explainer, reading).replace(BACKGROUND, file)),
    metrics: table.columns.map(({ metric }) => expressionIn(metric, reading)),
  };
}

/** Whether a table has an explainer that takes a file of baselines. */
export const needsBackground = ({ rows }: PaperTable): boolean =>
  rows.some(({ explainer }) => JSON.stringify(explainer).includes(BACKGROUND));

/** Which run a finished record must be of. Expressions are in canonical form. */
export interface PartRequest extends PartExpressions {
  readonly model: string;
  readonly command: readonly string[];
}

/** A finished record, or in what the run of the folder differs from the one that is asked for. */
export type FinishedRun = { readonly record: RunRecord } | { readonly differs: string };

/**
 * The record in a folder, where it is that of the same run: of the same version, command and expressions, and of the same model and input
 * files, by their hashes. Undefined where the folder has none, and where a cell failed. Throws `usage` for the record of another command,
 * such as one with another number of inputs.
 */
export function finishedRun(folder: string, request: PartRequest): FinishedRun | undefined {
  const file = join(folder, 'record.json');
  if (!existsSync(file)) return undefined;
  // This program wrote the file; its version and command are compared before anything else is read.
  const record: RunRecord = JSON.parse(readFileSync(file, 'utf8'));
  if ([...record.attributions, ...record.estimates].some(({ status }) => status === 'failed'))
    return undefined;
  if (record.version !== RECORD_VERSION || record.environment.onnxplain !== version)
    return { differs: 'another version of onnxplain' };
  expectSameCommand(folder, record.request.command ?? [], relativePaths(request.command));
  const differs = [
    ...(isSame(expressionsIn(record.explainers), request.explainers) &&
    isSame(expressionsIn(record.metrics), request.metrics)
      ? []
      : ['other explainers or metrics']),
    ...(sha256Of(request.model) === record.model.sha256 ? [] : ['another model']),
    ...(record.inputs.every((input) => input.file === undefined || sha256Of(input.file) === input.sha256)
      ? []
      : ['other inputs']),
  ];
  return differs.length === 0 ? { record } : { differs: differs.join(', ') };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Readings have folders of their own, so that the flag for them may change. */
function expectSameCommand(folder: string, before: readonly string[], now: readonly string[]): void {
  const plain = (command: readonly string[]) =>
    command.filter((word, i) => !/^--reading(?:=|$)/.test(word) && command[i - 1] !== '--reading');
  if (isSame(plain(before), plain(now))) return;
  fail({
    code: 'usage',
    where: `--resume in ${folder}`,
    expected: `the command of the finished run there, ${before.join(' ')}`,
    got: now.join(' '),
    remedy: 'Repeat that command, give another folder with -o, or leave --resume out to compute all again.',
  });
}

const expressionsIn = (made: readonly { readonly expression: string }[]): readonly string[] =>
  made.map(({ expression }) => expression);

const sha256Of = (file: string): string | undefined =>
  existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;

/** The part of the record of a merged table that is that of one of the tables. */
export function recordOfTable(merged: PaperTable, table: PaperTable, record: RunRecord): RunRecord {
  const indices = (all: readonly { readonly name: string }[], some: readonly { readonly name: string }[]) =>
    some.map(({ name }) => all.findIndex((each) => each.name === name));
  return restrictRecord(record, {
    explainers: indices(merged.rows, table.rows),
    metrics: indices(merged.columns, table.columns),
  });
}

/** Judges the record of a table in a reading. `folder` is that of the run, relative to the table's; `models`: those of several runs. */
export function partOf(
  table: PaperTable,
  { reading, folder, models }: Pick<TablePart, 'folder' | 'models'> & { readonly reading: Reading },
  record: RunRecord,
): TablePart {
  const { model, inputs, explainers, metrics, timings } = record;
  return {
    reading,
    folder,
    model: { file: model.file, sha256: model.sha256 },
    ...(models !== undefined && { models }),
    inputs: inputs.map(({ name }) => name),
    seconds: timings.total,
    rows: table.rows.map(({ name, added = false }, i) => ({
      name,
      expression: explainers[i].expression,
      added,
    })),
    columns: table.columns.map(({ name }, i) => {
      const { expression, better, units } = metrics[i];
      return { name, expression, better, units };
    }),
    ...judge(table, record),
  };
}
