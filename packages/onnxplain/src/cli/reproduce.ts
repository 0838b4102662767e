import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '@onnxplain/core';
import { expectWritable, writeFolder } from '@onnxplain/files';
import { mergeTables, type PaperTable, readings } from '@onnxplain/papers';
import { TABLE_VERSION, type TableRecord, tableMarkdown, tablePage } from '@onnxplain/report';
import { INPUTS, tableInputs } from '../pipeline/reproduce/inputs.js';
import { modelsOfTable } from '../pipeline/reproduce/models.js';
import { needsBackground, partOf, recordOfTable } from '../pipeline/reproduce/part.js';
import type { ExitCode } from './failure.js';
import { jsonText } from './printable.js';
import type { ReproduceContext, ReproduceFlags } from './reproduce-flags.js';
import { type ReadingRun, runReading, type TableRun, worst } from './reproduce-reading.js';

/** The records and files that `reproduce` wrote, and the exit code. */
export interface Reproduced {
  readonly exit: ExitCode;
  /** One for each table. */
  readonly records: readonly TableRecord[];
  readonly files: readonly string[];
}

/**
 * Computes tables of a paper by one reading or both. A reading is one run for all tables, as `evaluate` makes it in a folder of its own, or
 * one for each model where the tables compare several.
 * Judges the records and writes table-ID.json, table-ID.md and table-ID.html. With `resume`, a finished run of the same request is taken
 * as it is, and a stopped one goes on. Throws what `mergeTables`, `tableInputs` and `evaluate` throw, and `not-applicable` for a table
 * that needs what is not there.
 */
export async function reproduce(
  tables: readonly PaperTable[],
  flags: ReproduceFlags,
  context: ReproduceContext,
): Promise<Reproduced> {
  const isNew = flags.out !== undefined && !existsSync(flags.out);
  const run = await settle(mergeTables(tables), flags);
  const parts = await runReadings({ ...run, isNew }, context);
  const written = new Map<string, string>();
  const records = tables.map((table) => {
    const own = parts.map((part) => ({ ...part, record: recordOfTable(run.table, table, part.record) }));
    const record = tableRecord({ ...run, table }, own, context);
    const contents = { html: tablePage(record, own), md: tableMarkdown(record), json: jsonText(record, 1) };
    for (const [end, text] of Object.entries(contents)) written.set(`table-${table.id}.${end}`, text);
    return record;
  });
  await writeFolder(run.out, written);
  const files = [...written.keys()].map((name) => join(run.out, name));
  return { exit: worst(parts.map(({ exit }) => exit)), records, files };
}

/** Runs the readings. Removes the arrays of inputs again where the first one failed before anything was kept. */
async function runReadings(
  { isNew, ...run }: TableRun & { readonly isNew: boolean },
  context: ReproduceContext,
): Promise<readonly ReadingRun[]> {
  const { reading } = run.flags;
  const parts: ReadingRun[] = [];
  try {
    for (const each of reading === 'both' ? readings : [reading])
      parts.push(await runReading(run, each, context));
    return parts;
  } catch (error) {
    await removeInputs(run.out, isNew);
    throw error;
  }
}

async function removeInputs(out: string, isNew: boolean): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.some((name) => name !== INPUTS)) return;
  await rm(isNew ? out : join(out, INPUTS), { recursive: true, force: true });
}

/** Checks that the table can be computed from what is there, and finds its inputs. */
async function settle(table: PaperTable, flags: ReproduceFlags): Promise<TableRun> {
  const { out, data, images, background } = flags;
  const where = `table ${table.id} of ${table.paper}`;
  if (table.needs !== undefined)
    fail({ code: 'not-applicable', where, expected: table.needs, got: 'none here', remedy: LISTED(table) });
  if (out === undefined)
    return fail({ code: 'usage', where, expected: '-o FOLDER for the results', got: 'nothing' });
  const models = modelsOfTable(table, flags.model);
  await expectWritable(out);
  const inputs = await tableInputs(table, { images, data, background, out });
  if (needsBackground(table) && inputs.background === undefined)
    fail({ code: 'usage', where, expected: '--background FILE.npy, an array of baselines', got: 'nothing' });
  const rows = models.flatMap((model) => model.table.rows);
  return { table: { ...table, rows }, flags, out, models, inputs };
}

const LISTED = ({ paper }: PaperTable): string =>
  `onnxplain reproduce ${paper} lists the tables that can be computed.`;

function tableRecord(
  { table, flags }: TableRun,
  parts: readonly ReadingRun[],
  { command }: ReproduceContext,
): TableRecord {
  const { paper, id, title, notes } = table;
  return {
    schema: 'onnxplain-table',
    version: TABLE_VERSION,
    created: new Date().toISOString(),
    paper,
    id,
    title,
    notes,
    command: command.filter((word) => word !== '--resume'),
    seed: flags.seed,
    parts: parts.map(({ reading, record, models }) =>
      partOf(table, { reading, folder: reading, models }, record),
    ),
  };
}

/** Formats the tables for a terminal, as Markdown. */
export const showRecords = (records: readonly TableRecord[]): string => records.map(tableMarkdown).join('\n');
