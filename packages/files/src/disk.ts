import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail, OnnxplainError } from '@onnxplain/core';

/** Bytes of a file. Throws `file-missing` or `file-unreadable`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    return refuse(path, { cause, expected: 'a file that can be read' });
  }
}

/**
 * Bytes of a small file, for code that cannot wait, such as the making of options. `expected` says in the error what the file should
 * hold, `remedy` what the reader can do. Throws `file-missing` or `file-unreadable`.
 */
export function readSmallFile(
  path: string,
  { expected, remedy }: { readonly expected: string; readonly remedy?: string },
): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    return refuse(path, { cause, expected, remedy });
  }
}

/**
 * Writes a file whole or not at all: beside its place first, then renamed. Chunks come one after the other. Makes the folder, and takes
 * it away again where the file cannot be written.
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array | string | Iterable<Uint8Array>,
): Promise<void> {
  const beside = besideOf(path);
  let made: readonly string[] = [];
  try {
    made = await makeFolder(dirname(path));
    await writeFile(beside, bytes, { flag: 'wx' });
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    await removeMade(made);
    // What the chunks themselves refuse.
    if (cause instanceof OnnxplainError) throw cause;
    refuse(path, { cause, expected: 'a place where a file can be written' });
  }
}

/** Tries that files can be made in a folder: before hours of work, not after. Leaves nothing, nor the folder where it was not there. */
export async function expectWritable(folder: string): Promise<void> {
  const probe = besideOf(join(folder, 'probe'));
  let made: readonly string[] = [];
  try {
    made = await makeFolder(folder);
    await writeFile(probe, '');
  } catch (cause) {
    refuse(folder, { cause, expected: 'a folder that can be written' });
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
    await removeMade(made);
  }
}

/** Creates a folder and those it lies in, as far as they are not there; returns the ones that it made, innermost first. */
export async function makeFolder(path: string): Promise<readonly string[]> {
  const whole = resolve(path);
  const outermost = await mkdir(whole, { recursive: true });
  const made: string[] = [];
  if (outermost === undefined) return made;
  for (let folder = whole; folder.length >= outermost.length; folder = dirname(folder)) made.push(folder);
  return made;
}

/** Takes away folders that {@link makeFolder} made. One that holds something by now stays, with those it lies in. */
export async function removeMade(made: readonly string[]): Promise<void> {
  try {
    for (const folder of made) await rmdir(folder);
  } catch {
    // Not empty: what is in there is not ours.
  }
}

/** A name in the same folder, so that renaming stays on one disk. */
export function besideOf(path: string): string {
  return `${resolve(path)}.${randomBytes(6).toString('hex')}.part`;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder',
  ENOTDIR: 'a path through a file',
  EACCES: 'permission denied',
  EROFS: 'a read-only disk',
  ENOSPC: 'a full disk',
  EEXIST: 'a file of that name',
};

/** Throws what went wrong on the disk as `file-missing` or `file-unreadable`. */
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
      got: REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause)),
      remedy,
    },
    { cause },
  );
}
