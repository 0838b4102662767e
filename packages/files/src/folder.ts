import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { makeFolder, refuse, removeFolders } from './disk.js';
import { removeAbandoned, temporaryName } from './temporary.js';

/** The bytes or text of a file, or a function that returns the bytes when they are written. */
export type FileContent = Uint8Array | string | (() => Promise<Uint8Array>);

/** Undoes one step. */
type Undo = () => Promise<unknown>;

/**
 * Writes files into a folder, all or none. All of them are written into a temporary folder inside it, then moved to their names in the
 * order given, so that the last one can refer to the others. Files with other names stay, but for those that `isOwn` names as left by an
 * earlier call: they are removed, as is what a killed process left. When it fails, the folder is as it was before, or absent if it was
 * absent. Throws `file-missing` or `file-unreadable`.
 */
export async function writeFolder(
  path: string,
  files: ReadonlyMap<string, FileContent>,
  isOwn: (name: string) => boolean = () => false,
): Promise<void> {
  // Inside the folder, not beside it: the folder may be a mounted disk, and renaming works within one disk only.
  const staged = temporaryName(join(path, 'files'));
  const undo: Undo[] = [];
  try {
    undo.push(await make(path));
    await removeAbandoned(join(path, 'files'));
    undo.push(() => rm(staged, { recursive: true, force: true }));
    await stage(files, join(staged, 'new'));
    for (const folder of foldersOf(files.keys())) {
      undo.push(await make(join(path, folder)));
      await mkdir(join(staged, 'kept', folder), { recursive: true });
    }
    const stale = (await namesIn(path)).filter((name) => isOwn(name) && !files.has(name));
    for (const name of stale) undo.push(await takeAway(name, { staged, from: path }));
    for (const name of files.keys()) undo.push(await move(name, { staged, to: path }));
  } catch (cause) {
    await undoAll(undo);
    refuse(path, { cause, expected: 'a folder that can be written' });
  }
  await rm(staged, { recursive: true, force: true }).catch(() => undefined);
}

/** Files that are written at the same time. */
const AT_ONCE = 16;

/** Writes files into a new folder. */
async function stage(files: ReadonlyMap<string, FileContent>, folder: string): Promise<void> {
  for (const each of foldersOf(files.keys())) await mkdir(join(folder, each), { recursive: true });
  const entries = [...files];
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const writes = entries.slice(from, from + AT_ONCE).map(async ([name, content]) => {
      await writeFile(join(folder, name), typeof content === 'function' ? await content() : content);
    });
    // Where one fails, the others end before the folder is removed.
    await Promise.allSettled(writes);
    await Promise.all(writes);
  }
}

/** Returns the folders that files lie in, each once, in the order of the files. */
const foldersOf = (names: Iterable<string>): ReadonlySet<string> => new Set([...names].map(dirname));

/** Returns the names of the files below a folder, with slashes. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/'));
}

/** Moves a file to those that are kept until all files are moved. */
async function takeAway(name: string, { staged, from }: { staged: string; from: string }): Promise<Undo> {
  const kept = join(staged, 'kept', name);
  await mkdir(dirname(kept), { recursive: true });
  await rename(join(from, name), kept);
  return () => rename(kept, join(from, name));
}

async function make(folder: string): Promise<Undo> {
  const created = await makeFolder(folder);
  return () => removeFolders(created);
}

/** Moves a new file to its name. A file that had the name before is kept until all files are moved. */
async function move(name: string, { staged, to }: { staged: string; to: string }): Promise<Undo> {
  const [target, kept] = [join(to, name), join(staged, 'kept', name)];
  const replaces = await copyIfThere(target, kept);
  await rename(join(staged, 'new', name), target);
  return () => (replaces ? rename(kept, target) : rm(target));
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Undoes steps, the last first. It ends at a step that cannot be undone, because the file that was kept for it must not be lost. */
async function undoAll(undo: readonly Undo[]): Promise<void> {
  try {
    for (const step of undo.toReversed()) await step();
  } catch {
    // The caller throws the error that caused the undoing.
  }
}
