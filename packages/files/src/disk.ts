import type { Stats } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail, OnnxplainError, own } from '@onnxplain/core';
import { expectRegular, readRegularFile } from './regular-file.js';
import { removeAbandoned, temporaryName } from './temporary.js';

/** Reads the bytes of a file. Throws `file-missing` or `file-unreadable`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    expectRegular(await stat(path), path);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof OnnxplainError) throw cause;
    return refuse(path, { cause, expected: 'a file that can be read' });
  }
}

/**
 * Reads the bytes of a small file synchronously, for code that cannot wait, such as the making of options. In the error `expected` says
 * what the file should hold, `remedy` what the reader can do. Throws `file-missing` or `file-unreadable`.
 */
export function readSmallFile(
  path: string,
  { expected, remedy }: { readonly expected: string; readonly remedy?: string },
): Buffer {
  try {
    return readRegularFile(path);
  } catch (cause) {
    if (cause instanceof OnnxplainError) throw cause;
    return refuse(path, { cause, expected, remedy });
  }
}

type Content = Uint8Array | string | Iterable<Uint8Array>;

/**
 * Writes a file whole or not at all: under a temporary name in the same folder, then renamed. Chunks are written one after the other.
 * What a killed process left of the same file is removed. Creates the folder, and removes it again when the file cannot be written.
 * Throws `file-missing` or `file-unreadable`, and what the chunks throw.
 */
export function writeWhole(path: string, bytes: Content): Promise<void> {
  return writeRenamed(path, bytes, () => removeAbandoned(path));
}

/**
 * Writes a file as {@link writeWhole} does, but does not look for what a killed process left of it, which takes longer the more files a
 * folder has. A caller that writes many files into one folder removes such parts once, by {@link removeAbandonedIn}.
 */
export function writeWholeWithoutCleaning(path: string, bytes: Content): Promise<void> {
  return writeRenamed(path, bytes, async () => undefined);
}

async function writeRenamed(path: string, bytes: Content, clean: () => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  let created: readonly string[] = [];
  try {
    created = await makeFolder(dirname(path));
    await clean();
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    await removeFolders(created);
    // An error of the chunks themselves.
    if (cause instanceof OnnxplainError) throw cause;
    refuse(path, { cause, expected: 'a place where a file can be written' });
  }
}

/**
 * Throws unless files can be written into a folder, so that a long run finds out at its start. Leaves nothing behind, not even the folder
 * where it was not there.
 */
export async function expectWritable(folder: string): Promise<void> {
  const probe = temporaryName(join(folder, 'probe'));
  let created: readonly string[] = [];
  try {
    created = await makeFolder(folder);
    await removeAbandoned(join(folder, 'probe'));
    await writeFile(probe, '');
  } catch (cause) {
    refuse(folder, { cause, expected: 'a folder that can be written', remedy: 'Give another one after -o.' });
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
    await removeFolders(created);
  }
}

/**
 * Creates a folder and its missing parents. Returns those that it created, innermost first; where one cannot be created, none stays. It
 * creates them one by one: below /proc, `mkdir` of Node with the option `recursive` never ends.
 */
export async function makeFolder(path: string): Promise<readonly string[]> {
  const created: string[] = [];
  try {
    for (const folder of await missingFolders(resolve(path)))
      if (await makeOne(folder)) created.unshift(folder);
  } catch (error) {
    await removeFolders(created);
    throw error;
  }
  return created;
}

/** The folders that are not there, outermost first. A file of the name of a folder counts as missing. */
async function missingFolders(whole: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let folder = whole; (await statOf(folder))?.isDirectory() !== true; folder = dirname(folder)) {
    missing.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return missing;
}

/** Creates a folder whose parent is there. Returns false where another program was faster. */
async function makeOne(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && (await statOf(folder))?.isDirectory() === true) return false;
    if (code !== 'ENOENT') throw error;
    throw new Error(`a place in which no folder can be created (${dirname(folder)})`, { cause: error });
  }
}

/** Removes folders that {@link makeFolder} created. One that is no longer empty stays, with its parents. */
export async function removeFolders(created: readonly string[]): Promise<void> {
  try {
    for (const folder of created) await rmdir(folder);
  } catch {
    // The folder is not empty: another program wrote into it.
  }
}

/**
 * Throws `usage` where a file to write is one of those that are read, also under another spelling of its path, through a symbolic link or
 * by a hard link. `reads`: the files by what they are, such as 'the model'.
 */
export async function expectOtherFile(
  path: string,
  reads: Iterable<readonly [what: string, file: string]>,
): Promise<void> {
  const written = await statOf(path);
  for (const [what, file] of reads) {
    const read = await statOf(file);
    const same = written !== undefined && read?.ino === written.ino && read.dev === written.dev;
    if (!same && resolve(path) !== resolve(file)) continue;
    fail({
      code: 'usage',
      where: `-o ${path}`,
      expected: 'a file of its own',
      got: `${what}, ${file}, which would be lost`,
      remedy: 'Give another name after -o.',
    });
  }
}

/** Follows links. Returns undefined for a file that is not there. */
const statOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder',
  ENOTDIR: 'a path through a file',
  EACCES: 'permission denied',
  EROFS: 'a read-only disk',
  ENOSPC: 'a full disk',
  EEXIST: 'a file of that name',
};

/** Throws an error of the file system as `file-missing` or `file-unreadable`. */
export function refuse(
  path: string,
  { cause, expected, remedy }: { cause: unknown; expected: string; remedy?: string },
): never {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return fail(
    {
      code: code === 'ENOENT' ? 'file-missing' : 'file-unreadable',
      where: path,
      expected,
      got: own(REASONS, code) ?? (cause instanceof Error ? cause.message : String(cause)),
      remedy,
    },
    { cause },
  );
}
