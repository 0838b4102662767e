import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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

/** Writes a file whole or not at all: beside its place first, then renamed. Chunks come one after the other. Makes the folder. */
export async function writeWhole(
  path: string,
  bytes: Uint8Array | string | Iterable<Uint8Array>,
): Promise<void> {
  const beside = besideOf(path);
  try {
    await mkdir(dirname(resolve(path)), { recursive: true });
    await writeFile(beside, bytes, { flag: 'wx' });
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    // What the chunks themselves refuse.
    if (cause instanceof OnnxplainError) throw cause;
    refuse(path, { cause, expected: 'a place where a file can be written' });
  }
}

/**
 * Writes files into a folder: all are complete in a folder beside it before the first is moved, in the order given, so that
 * the last one can name the others. Files that were there under other names stay.
 */
export async function writeFolder(
  path: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<void> {
  const beside = besideOf(path);
  try {
    await mkdir(path, { recursive: true });
    for (const [name, bytes] of files) {
      await mkdir(dirname(join(beside, name)), { recursive: true });
      await writeFile(join(beside, name), bytes);
    }
    for (const name of files.keys()) await mkdir(dirname(join(path, name)), { recursive: true });
    for (const name of files.keys()) await rename(join(beside, name), join(path, name));
  } catch (cause) {
    refuse(path, { cause, expected: 'a folder that can be written' });
  } finally {
    await rm(beside, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Creates the folder if it is not there and tries that files can be made in it: before hours of work, not after. */
export async function expectWritable(folder: string): Promise<void> {
  const probe = besideOf(join(folder, 'probe'));
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
  } catch (cause) {
    refuse(folder, { cause, expected: 'a folder that can be written' });
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/** A name in the same folder, so that renaming stays on one disk. */
function besideOf(path: string): string {
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

function refuse(path: string, { cause, expected }: { cause: unknown; expected: string }): never {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return fail(
    {
      code: code === 'ENOENT' ? 'file-missing' : 'file-unreadable',
      where: path,
      expected,
      got: REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause)),
    },
    { cause },
  );
}
