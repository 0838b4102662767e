import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { besideOf, makeFolder, refuse, removeMade } from './disk.js';

/** Bytes or text of a file, or a function that gives the bytes when they are needed. */
export type FileContent = Uint8Array | string | (() => Promise<Uint8Array>);

/** Takes back one step of what was done. */
type Undo = () => Promise<unknown>;

/**
 * Writes files into a folder, all or none: all are complete inside it, under another name, before the first is moved, in the order
 * given, so that the last one can name the others. Files that were there under other names stay. Where it fails, the folder is
 * again as it was, and not there if it was not.
 */
export async function writeFolder(path: string, files: ReadonlyMap<string, FileContent>): Promise<void> {
  // Inside, not beside: the folder may be a disk of its own, and renaming stays on one.
  const staged = besideOf(join(path, 'files'));
  const undo: Undo[] = [];
  try {
    undo.push(await make(path));
    undo.push(() => rm(staged, { recursive: true, force: true }));
    for (const [name, content] of files) {
      const file = join(staged, 'new', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'function' ? await content() : content);
    }
    for (const name of files.keys()) undo.push(await make(dirname(join(path, name))));
    for (const name of files.keys()) undo.push(await move(name, { staged, to: path }));
  } catch (cause) {
    await takeBack(undo);
    refuse(path, { cause, expected: 'a folder that can be written' });
  }
  await rm(staged, { recursive: true, force: true }).catch(() => undefined);
}

async function make(folder: string): Promise<Undo> {
  const made = await makeFolder(folder);
  return () => removeMade(made);
}

/** Moves a new file to its place; the one that was there is kept until all is done. */
async function move(name: string, { staged, to }: { staged: string; to: string }): Promise<Undo> {
  const [target, kept] = [join(to, name), join(staged, 'kept', name)];
  const replaces = await copyIfThere(target, kept);
  await rename(join(staged, 'new', name), target);
  return () => (replaces ? rename(kept, target) : rm(target));
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Takes steps back, the last first. One that cannot be taken back ends it: what was kept for it must not be lost. */
async function takeBack(undo: readonly Undo[]): Promise<void> {
  try {
    for (const step of undo.toReversed()) await step();
  } catch {
    // The error that led here says more.
  }
}
