import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
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
 * that the user allows, by a relative path, and no link leads out of them. Throws `option-value`, and `file-missing`.
 */
export function confined(path: string, { folder, allowed, where }: Confinement): string {
  const folders = allowed === undefined ? [folder] : [folder, allowed];
  if (isAbsolute(path) || path.split(/[\\/]/).includes('..')) return leaves(path, where);
  const candidates = folders.map((each) => join(each, path));
  const found = candidates.find((each) => realPath(each) !== undefined);
  if (found === undefined)
    return refuse(candidates[0], {
      cause: Object.assign(new Error(), { code: 'ENOENT' }),
      expected: `the file of ${where}`,
    });
  const real = realPath(found) ?? found;
  if (!folders.some((each) => isInside(real, realPath(each) ?? each))) return leaves(path, where);
  return found;
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
