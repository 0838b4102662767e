import { createHash } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail, own, setOwn } from '@onnxplain/core';
import { readBytes, removeFolders, writeWhole, writeWholeWithoutCleaning } from '@onnxplain/files';
import type { CellStore } from './cell-store.js';
import { decode, encode, type Json } from './codec.js';
import { formatLine, type LedgerLine } from './lines.js';
import type { FolderLock } from './lock.js';

/** The results of a run so far, on disk. A result that was appended is kept when the process is stopped or killed. */
export interface Ledger extends CellStore {
  readonly folder: string;
  /** The latest line of each cell that was computed, by the cell's name. */
  readonly lines: ReadonlyMap<string, LedgerLine>;
  /** What was found when the folder was opened, a sentence each, for example that a line was cut off. */
  readonly notices: readonly string[];
  /** Returns the bytes of a file of a cell: an array of its result, or one of its `files`. Throws like {@link read}. */
  file(cell: string, name: string): Promise<Uint8Array>;
  /** Closes the ledger. One without lines is removed, with the folders that were made for it. */
  close(): Promise<void>;
  /**
   * Closes the ledger when its results were recorded elsewhere. Removes it, unless a cell failed: then it stays, so that `resume`
   * computes the failed cells again; without `resume` the next run starts anew.
   */
  conclude(): Promise<void>;
}

/** File whose presence says that the results of the ledger were recorded elsewhere. */
export const RECORDED = 'recorded';

/** Whether a cell with this line needs no computing. */
export const isFinished = (line: LedgerLine | undefined): boolean =>
  line !== undefined && line.failed !== true;

export interface OpenFolder {
  readonly folder: string;
  /** The file of lines, open for appending. */
  readonly handle: FileHandle;
  readonly lock: FolderLock;
  /** Folders that were made, innermost first. */
  readonly made: readonly string[];
  /** All lines, the oldest first. */
  readonly lines: readonly LedgerLine[];
  readonly notices: readonly string[];
}

/** The latest line of each cell, in the order in which these lines were written. */
export function latestLines(all: readonly LedgerLine[]): Map<string, LedgerLine> {
  const lines = new Map<string, LedgerLine>();
  for (const line of all) setLatest(lines, line);
  return lines;
}

function setLatest(lines: Map<string, LedgerLine>, line: LedgerLine): void {
  lines.delete(line.cell);
  lines.set(line.cell, line);
}

/** The ledger in a folder that is open and locked. */
export function ledgerIn({ folder, handle, lock, made, lines: before, notices }: OpenFolder): Ledger {
  const lines = latestLines(before);
  const file = (cell: string, name: string) => readChecked(folder, name, lines.get(cell));
  const remove = async () => {
    await handle.close();
    await rm(folder, { recursive: true, force: true });
  };
  const close = async () => {
    await handle.close();
    await lock.release();
  };
  return {
    folder,
    lines,
    notices,
    file,
    has: (cell) => isFinished(lines.get(cell)),
    async append(cell, result, { files = new Map(), failed = false } = {}) {
      const { json, arrays } = encode(result, cell);
      const hashes = await writeFiles(folder, new Map([...arrays, ...files]));
      const line: LedgerLine = { cell, files: hashes, ...(failed && { failed }), result: json };
      await handle.appendFile(formatLine(line));
      await handle.datasync();
      setLatest(lines, line);
    },
    read: async (cell, field) => decode(fieldOf(lines, cell, field), (name) => file(cell, name)),
    async close() {
      if (lines.size > 0) return close();
      await remove();
      await removeFolders(made.slice(1));
    },
    async conclude() {
      if ([...lines.values()].every(isFinished)) return remove();
      await writeWhole(join(folder, RECORDED), '');
      await close();
    },
  };
}

function fieldOf(lines: ReadonlyMap<string, LedgerLine>, cell: string, field: string): Json {
  const found = own(lines.get(cell)?.result ?? {}, field);
  return found === undefined
    ? fail({
        code: 'file-missing',
        where: cell,
        expected: `a computed cell with the field "${field}"`,
        got: 'none of that name',
      })
    : found;
}

/** Writes each file completely or not at all. Returns their hashes by name. */
async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const [name, bytes] of files) {
    await writeWholeWithoutCleaning(join(folder, name), bytes);
    setOwn(hashes, name, hashOf(bytes));
  }
  return hashes;
}

async function readChecked(folder: string, name: string, line: LedgerLine | undefined): Promise<Uint8Array> {
  const path = join(folder, name);
  const bytes = await readBytes(path);
  const expected = own(line?.files ?? {}, name);
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
