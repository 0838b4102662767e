import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fail } from '@onnxplain/core';
import { refuse } from './disk.js';

export interface Confinement {
  /** The folder of the card. */
  readonly folder: string;
  /** A further folder that the user allows. */
  readonly allowed?: string;
  /** The card and its field, for messages. */
  readonly where: string;
}

/**
 * Returns the path of a file that a card names. A card comes with a model from elsewhere: it may name files in its own folder or in the one
 * that the user allows, and no link leads out of them. Only files of an allowed folder may be named by absolute paths and "..". Throws
 * `option-value`, and `file-missing`.
 */
export function confined(path: string, { folder, allowed, where }: Confinement): string {
  const beside = resolve(folder, path);
  const stays = !isAbsolute(path) && !path.split(/[\\/]/).includes('..');
  if (stays && isWithin(beside, folder)) return beside;
  const others = allowed === undefined ? [] : [beside, resolve(allowed, path)];
  const found = others.find((each) => allowed !== undefined && isWithin(each, allowed));
  if (found !== undefined) return found;
  if (!stays || realPath(beside) !== undefined) return leaves(path, where);
  const cause = Object.assign(new Error(), { code: 'ENOENT' });
  return refuse(beside, { cause, expected: `the file of ${where}` });
}

/** Whether a file is there, and lies in a folder when all links are followed. */
function isWithin(path: string, folder: string): boolean {
  const [real, inside] = [realPath(path), realPath(folder)];
  return real !== undefined && inside !== undefined && isInside(real, inside);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function leaves(path: string, where: string): never {
  return fail({
    code: 'option-value',
    where,
    expected: "a file in the folder of the card, without '..' and links that lead out of it",
    got: `"${path}"`,
    remedy:
      'Put the file beside the card, or allow its folder: --external-data FOLDER, in a program the option externalData.',
  });
}
