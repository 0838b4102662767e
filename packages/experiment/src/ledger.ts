import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '@onnxplain/core';
import { makeFolder, readBytes, removeMade, writeWhole } from '@onnxplain/files';
import { decode, encode, type Json } from './codec.js';
import { type LedgerLine, parseLines, showLine } from './lines.js';
import { type Plan, parsePlan, planDifferences } from './plan.js';

/** The results of a run so far, on disk: what was appended stays, whatever happens to the process. */
export interface Ledger {
  readonly folder: string;
  /** Names of finished cells with their lines, in the order in which they finished. */
  readonly lines: ReadonlyMap<string, LedgerLine>;
  /** What was found when the folder was opened, a sentence each: a line that was cut off, for example. */
  readonly said: readonly string[];
  /** Adds the result of a cell, plain data: arrays and `files` first, then one line, flushed to the disk before this returns. */
  append(
    cell: string,
    result: Readonly<Record<string, unknown>>,
    files?: ReadonlyMap<string, Uint8Array>,
  ): Promise<void>;
  /** One field of the result of a finished cell, as it was appended. Throws `file-*` where a file is missing or was changed. */
  read(cell: string, field: string): Promise<unknown>;
  /** Bytes of a file of a cell: an array of its result, or one of its `files`. Throws like {@link read}. */
  file(cell: string, name: string): Promise<Uint8Array>;
  /** Closes the file. A ledger without a finished cell is removed, with the folders that were made for it. */
  close(): Promise<void>;
  /** Closes the file and removes the folder with all that is in it. */
  remove(): Promise<void>;
}

export interface LedgerOptions {
  /** Takes up the cells that are there; default false: a folder that holds finished cells is refused. */
  readonly resume?: boolean;
}

const PLAN = 'plan.json';
const CELLS = 'cells.jsonl';

/**
 * Opens a folder with `plan.json`, `cells.jsonl` (a line for each finished cell: checksum and JSON) and the arrays of the cells; makes it
 * where it is not there. A last line that was cut off is dropped, and `said`. Throws `usage` for a folder with finished cells
 * without `resume`, and with it for another plan, with what differs; `file-format` for lines that were changed; `file-*`.
 */
export async function openLedger(
  folder: string,
  plan: Plan,
  { resume = false }: LedgerOptions = {},
): Promise<Ledger> {
  const found = existsSync(join(folder, PLAN)) ? await readLedger(folder) : undefined;
  if (found === undefined) await expectOwn(folder);
  const made = await makeFolder(folder);
  if (found !== undefined && found.lines.length > 0) {
    if (!resume) refuseUnfinished(folder, found.lines.length);
    expectSamePlan(found.plan, plan, folder);
    await truncate(join(folder, CELLS), found.bytes);
  } else {
    await writeWhole(join(folder, CELLS), '');
    await writeWhole(join(folder, PLAN), `${JSON.stringify(plan, null, 1)}\n`);
  }
  const handle = await open(join(folder, CELLS), 'a');
  return ledgerOn({ folder, handle, made, lines: found?.lines ?? [], said: found?.said ?? [] });
}

/** A folder without a plan must be empty, but for what a stopped run had begun to write. */
async function expectOwn(folder: string): Promise<void> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const others = names.filter((name) => name !== CELLS && !name.endsWith('.part'));
  if (others.length === 0) return;
  fail({
    code: 'usage',
    where: folder,
    expected: 'no folder of that name, an empty one, or one of a run that was stopped',
    got: `a folder that holds ${others[0]}`,
    remedy: 'Take another folder, or move that one away.',
  });
}

interface Found {
  readonly plan: Plan;
  readonly lines: readonly LedgerLine[];
  readonly bytes: number;
  readonly said: readonly string[];
}

async function readLedger(folder: string): Promise<Found> {
  const [planFile, cellsFile] = [PLAN, CELLS].map((name) => join(folder, name));
  const plan = parsePlan(await readFile(planFile, 'utf8'), planFile);
  const bytes = existsSync(cellsFile) ? await readFile(cellsFile) : new Uint8Array(0);
  return { plan, ...parseLines(bytes, cellsFile) };
}

function refuseUnfinished(folder: string, cells: number): never {
  return fail({
    code: 'usage',
    where: folder,
    expected: 'a folder without finished cells of a run that was stopped',
    got: `${cells} finished cells`,
    remedy: `The same command with --resume goes on with them; remove ${folder} to start again.`,
  });
}

/** More differences than this are counted. */
const MOST = 5;

function expectSamePlan(before: Plan, now: Plan, folder: string): void {
  const differences = planDifferences(before, now);
  if (differences.length === 0) return;
  const more = differences.length > MOST ? `; and ${differences.length - MOST} more` : '';
  fail({
    code: 'usage',
    where: join(folder, PLAN),
    expected: 'the plan of the run that was stopped',
    got: `another one: ${differences.slice(0, MOST).join('; ')}${more}`,
    remedy: `Give what was given before, or remove ${folder} to start again.`,
  });
}

interface Opened {
  readonly folder: string;
  readonly handle: FileHandle;
  /** Folders that were made, innermost first. */
  readonly made: readonly string[];
  readonly lines: readonly LedgerLine[];
  readonly said: readonly string[];
}

function ledgerOn({ folder, handle, made, lines: before, said }: Opened): Ledger {
  const lines = new Map(before.map((line) => [line.cell, line]));
  const file = (cell: string, name: string) => readChecked(folder, name, lines.get(cell));
  const remove = async () => {
    await handle.close();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    folder,
    lines,
    said,
    file,
    async append(cell, result, files = new Map()) {
      const { json, arrays } = encode(result, cell);
      const line = { cell, files: await writeFiles(folder, new Map([...arrays, ...files])), result: json };
      await handle.appendFile(showLine(line));
      await handle.datasync();
      lines.set(cell, line);
    },
    read: async (cell, field) => decode(fieldOf(lines, cell, field), (name) => file(cell, name)),
    async close() {
      if (lines.size > 0) return handle.close();
      await remove();
      await removeMade(made.slice(1));
    },
    remove,
  };
}

function fieldOf(lines: ReadonlyMap<string, LedgerLine>, cell: string, field: string): Json {
  const found = lines.get(cell)?.result[field];
  return found === undefined
    ? fail({
        code: 'file-missing',
        where: cell,
        expected: `a finished cell with "${field}"`,
        got: 'none of that name',
      })
    : found;
}

/** Writes each file whole; returns their hashes by name. */
async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const [name, bytes] of files) {
    await writeWhole(join(folder, name), bytes);
    hashes[name] = hashOf(bytes);
  }
  return hashes;
}

async function readChecked(folder: string, name: string, line: LedgerLine | undefined): Promise<Uint8Array> {
  const path = join(folder, name);
  const bytes = await readBytes(path);
  const expected = line?.files[name];
  if (hashOf(bytes) === expected) return bytes;
  return fail({
    code: 'file-format',
    where: path,
    expected: `the file that was written for cell ${line?.cell ?? 'unknown'}`,
    got: 'other bytes',
    remedy: `Remove ${dirname(path)} to start again.`,
  });
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
