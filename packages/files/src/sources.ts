import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { didYouMean, fail } from '@onnxplain/core';
import type { ColumnNames } from './columns.js';
import { readBytes } from './disk.js';
import { readNpy } from './npy.js';
import { readNpz } from './npz.js';

/** A file of inputs, or one array of a .npz file. */
export interface Source {
  readonly file: string;
  /** Name of the array in a .npz file. */
  readonly member?: string;
  /** The model's input that it is for, where it was named. */
  readonly input?: string;
  /** The names of its columns, for a table whose columns go to several inputs. */
  readonly columns?: ColumnNames;
}

export const EXTENSIONS: readonly string[] = ['.npy', '.png', '.jpg', '.jpeg', '.csv', '.tsv'];

/** Whether a source is a table of cells. */
export const isTable = ({ file, member }: Source): boolean =>
  member === undefined && ['.csv', '.tsv'].includes(extname(file).toLowerCase());

/**
 * Returns the sources that words such as `ids.npy`, `attention_mask=mask.npy`, `both.npz` and `folder` name. `inputs` are the names of the
 * model's inputs. The arrays of a .npz file are named after inputs. So are the files of a folder, all or none of them.
 * Throws `file-missing`, `file-format`, and `feed-name` for names that the model does not have.
 */
export async function sourcesOf(
  words: readonly string[],
  inputs: readonly string[],
): Promise<readonly Source[]> {
  const found = await Promise.all(words.map((word) => sourcesIn(word, inputs)));
  return found.flat();
}

async function sourcesIn(word: string, inputs: readonly string[]): Promise<readonly Source[]> {
  const at = word.indexOf('=');
  const name = word.slice(0, Math.max(0, at));
  if (inputs.includes(name)) {
    const files = await filesIn(word.slice(at + 1));
    return files.map((file) => ({ file, input: name }));
  }
  const info = await stat(word).catch(() => undefined);
  if (info === undefined && at > 0) expectInput(name, { inputs, where: `--input ${word}` });
  if (info?.isDirectory() === true) return sourcesInFolder(word, inputs);
  return isNpz(word) ? arraysIn(word, inputs) : [{ file: word }];
}

const isNpz = (path: string): boolean => extname(path).toLowerCase() === '.npz';

async function sourcesInFolder(folder: string, inputs: readonly string[]): Promise<readonly Source[]> {
  const files = await filesIn(folder);
  const stems = files.map((file) => basename(file, extname(file)));
  // File names are free where the model has one input only.
  if (inputs.length < 2 || !stems.some((stem) => inputs.includes(stem)))
    return files.map((file) => ({ file }));
  for (const [i, stem] of stems.entries()) expectInput(stem, { inputs, where: files[i] });
  return files.map((file, i) => ({ file, input: stems[i] }));
}

async function arraysIn(file: string, inputs: readonly string[]): Promise<readonly Source[]> {
  const members = [...readNpz(await readBytes(file), file).keys()];
  if (members.length === 0) {
    return fail({ code: 'file-format', where: file, expected: 'at least one array', got: 'none' });
  }
  for (const member of members) expectInput(member, { inputs, where: `${file}, array "${member}"` });
  return members.map((member) => ({ file, member, input: member }));
}

function expectInput(name: string, { inputs, where }: { inputs: readonly string[]; where: string }): void {
  if (inputs.includes(name)) return;
  fail({
    code: 'feed-name',
    where,
    expected: `the name of an input: ${inputs.join(', ')}`,
    got: `"${name}"`,
    remedy: didYouMean(name, inputs),
  });
}

/** Returns the file, or the files of a folder that can hold inputs, sorted by name. Throws `file-missing`. */
export async function filesIn(path: string): Promise<readonly string[]> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    return fail({ code: 'file-missing', where: path, expected: 'a file or a folder', got: 'no such file' });
  }
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path))
    .filter((name) => EXTENSIONS.includes(extname(name).toLowerCase()))
    .sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  return fail({
    code: 'file-missing',
    where: path,
    expected: `files that end in ${EXTENSIONS.join(', ')}`,
    got: 'a folder without any',
  });
}

/** The text for a source in messages. */
export const showSource = ({ file, member }: Source): string =>
  member === undefined ? file : `${file}, array "${member}"`;

/** Reads a source: the bytes of its file, and those of its array, which differ for .npz files only. */
export async function readSource(source: Source): Promise<{ file: Uint8Array; array: Uint8Array }> {
  const file = await readBytes(source.file);
  const array = source.member === undefined ? file : readNpz(file, source.file).get(source.member);
  return { file, array: array ?? file };
}

/** Whether a source is an array of integers. */
export async function holdsIntegers(source: Source): Promise<boolean> {
  if (extname(source.file).toLowerCase() !== '.npy' && source.member === undefined) return false;
  return readNpy((await readSource(source)).array, showSource(source)).integers;
}
