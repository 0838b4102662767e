import { join } from 'node:path';
import { fail } from '@onnxplain/core';
import { expectWritable, writeFolder } from '@onnxplain/files';
import { mergeTables, type PaperTable, type Reading, readings } from '@onnxplain/papers';
import { type PartRun, TABLE_VERSION, type TableRecord, tableMarkdown, tablePage } from '@onnxplain/report';
import { loadPlugins } from '../expression/load-plugin.js';
import { make } from '../expression/registry.js';
import { type TableInputs, tableInputs } from '../pipeline/reproduce/inputs.js';
import {
  expressionsOf,
  finishedRecord,
  needsBackground,
  partOf,
  recordOfTable,
} from '../pipeline/reproduce/part.js';
import { tablePictures } from '../pipeline/reproduce/pictures.js';
import { evaluate } from './evaluate.js';
import { EXIT, type ExitCode } from './failure.js';
import type { QueryFlags } from './flags.js';
import type { Notices } from './streams.js';

export interface ReproduceFlags extends Omit<QueryFlags, 'input'> {
  /** Without it, the tables are listed. */
  readonly table?: readonly string[];
  readonly images: number;
  readonly reading: Reading | 'both';
  readonly out?: string;
  readonly model?: string;
  readonly data?: string;
  readonly background?: string;
  readonly resume?: boolean;
}

export interface ReproduceContext {
  readonly notices: Notices;
  readonly signal?: AbortSignal;
  readonly command: readonly string[];
}

/** The records and files that `reproduce` wrote, and the exit code. */
export interface Reproduced {
  readonly exit: ExitCode;
  /** One for each table. */
  readonly records: readonly TableRecord[];
  readonly files: readonly string[];
}

/**
 * Computes tables of a paper by one reading or both. A reading is one run for all tables, as `evaluate` makes it in a folder of its own.
 * Judges the records and writes table-ID.json, table-ID.md and table-ID.html. With `resume`, a finished run of the same request is taken
 * as it is, and a stopped one goes on. Throws what `mergeTables`, `tableInputs` and `evaluate` throw, and `not-applicable` for a table
 * that needs what is not there.
 */
export async function reproduce(
  tables: readonly PaperTable[],
  flags: ReproduceFlags,
  context: ReproduceContext,
): Promise<Reproduced> {
  const run = await settle(mergeTables(tables), flags);
  const parts: Part[] = [];
  for (const reading of flags.reading === 'both' ? readings : [flags.reading])
    parts.push(await runPart(run, reading, context));
  const written = new Map<string, string>();
  const records = tables.map((table) => {
    const own = parts.map((part) => ({ ...part, record: recordOfTable(run.table, table, part.record) }));
    const record = tableRecord({ ...run, table }, own, context);
    const contents = { html: tablePage(record, own), md: tableMarkdown(record), json: jsonOf(record) };
    for (const [end, text] of Object.entries(contents)) written.set(`table-${table.id}.${end}`, text);
    return record;
  });
  await writeFolder(run.out, written);
  const files = [...written.keys()].map((name) => join(run.out, name));
  return { exit: worst(parts.map(({ exit }) => exit)), records, files };
}

const jsonOf = (record: TableRecord): string => `${JSON.stringify(record, null, 1)}\n`;

/** What all readings share. `table` has the rows and columns of all tables. */
interface TableRun {
  readonly table: PaperTable;
  readonly flags: ReproduceFlags;
  readonly out: string;
  readonly model: string;
  readonly inputs: TableInputs;
}

/** Checks that the table can be computed from what is there, and finds its inputs. */
async function settle(table: PaperTable, flags: ReproduceFlags): Promise<TableRun> {
  const { out, data, images, background } = flags;
  const where = `table ${table.id} of ${table.paper}`;
  if (table.needs !== undefined)
    fail({ code: 'not-applicable', where, expected: table.needs, got: 'none here', remedy: LISTED(table) });
  if (out === undefined)
    return fail({ code: 'usage', where, expected: '-o FOLDER for the results', got: 'nothing' });
  const model = flags.model ?? table.model;
  if (model === undefined) return fail({ code: 'usage', where, expected: '--model FILE', got: 'nothing' });
  await expectWritable(out);
  const inputs = await tableInputs(table, { images, data, background, out });
  if (needsBackground(table) && inputs.background === undefined)
    fail({ code: 'usage', where, expected: '--background FILE.npy, an array of baselines', got: 'nothing' });
  return { table, flags, out, model, inputs };
}

const LISTED = ({ paper }: PaperTable): string =>
  `onnxplain reproduce ${paper} lists the tables that can be computed.`;

interface Part extends PartRun {
  readonly reading: Reading;
  readonly exit: ExitCode;
}

/** Evaluates one reading, or takes its finished record. */
async function runPart(run: TableRun, reading: Reading, context: ReproduceContext): Promise<Part> {
  const { table, flags, model, inputs } = run;
  const { explainers, metrics } = expressionsOf(table, reading, inputs.background);
  const out = join(run.out, reading);
  const command = context.command.filter((word) => word !== '--resume');
  const plugins = await loadPlugins(flags.plugin ?? []);
  const canonical = (kind: 'explainer' | 'metric') => (text: string) =>
    make(text, kind, { plugins }).expression;
  const finished =
    flags.resume === true
      ? finishedRecord(out, {
          model,
          command,
          explainers: explainers.map(canonical('explainer')),
          metrics: metrics.map(canonical('metric')),
        })
      : undefined;
  const { exit, record } =
    finished !== undefined
      ? { exit: EXIT.done, record: finished }
      : await evaluate(
          model,
          { ...flags, input: inputs.files, explainer: explainers, metric: metrics, out },
          { ...context, command },
        );
  const drawn = await tablePictures(out, record, inputs.array);
  return { reading, exit, record, ...drawn };
}

function tableRecord(
  { table, flags }: TableRun,
  parts: readonly Part[],
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
    parts: parts.map(({ reading, record }) => partOf(table, { reading, folder: reading }, record)),
  };
}

/** Done where all are done, failed where all failed, else partly done. */
function worst(exits: readonly ExitCode[]): ExitCode {
  const [first] = exits;
  return exits.every((exit) => exit === first) ? first : EXIT.partly;
}
