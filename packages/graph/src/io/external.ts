import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fail } from '@onnxplain/core';

/** Where a piece of external data lies: `offset` and `length` in bytes of the file `location`. */
export interface Piece {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** Reads pieces of the files beside a model. */
export type External = (piece: Piece) => Uint8Array;

/**
 * Reader of the external data in one folder, for {@link read}'s `external`. Only regular files inside the folder are
 * read: an absolute path, `..`, a symbolic link in any component below the folder, a hard link or a special file is
 * refused, and so is a piece that the file does not hold in full. Pieces may lie beyond 2 GiB.
 *
 * Throws `model-external-data`; `file-missing` when the file is not there.
 */
export function externalData(folder: string): External {
  return ({ location, offset, length }) => {
    const path = confine(folder, location);
    // O_NONBLOCK: opening a pipe that took the file's place must not hang.
    const file = openSync(path.name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const opened = fstatSync(file);
      if (opened.ino !== path.stats.ino || opened.dev !== path.stats.dev)
        refuse(location, 'a file that was exchanged');
      if (offset + length > opened.size) {
        refuse(location, `bytes ${offset} to ${offset + length} of a file of ${opened.size} bytes`);
      }
      return readPiece(file, { location, offset, length });
    } finally {
      closeSync(file);
    }
  };
}

/** The path of a location, after every component has been looked at. */
function confine(folder: string, location: string): { name: string; stats: Stats } {
  const parts = location.split('/');
  const escapes = parts.some((part) => part === '..' || part === '');
  if (escapes || isAbsolute(location) || /[\\\0:]/.test(location))
    refuse(location, 'a path that leaves the folder');
  let name = folder;
  let stats: Stats | undefined;
  for (const part of parts) {
    if (stats !== undefined && !stats.isDirectory()) refuse(location, 'a path through a file');
    name = join(name, part);
    stats = lstatSync(name, { throwIfNoEntry: false });
    if (stats === undefined) return missing(name);
    if (stats.isSymbolicLink()) refuse(location, 'a symbolic link');
  }
  if (stats === undefined || !stats.isFile()) return refuse(location, 'something that is not a regular file');
  if (stats.nlink > 1) refuse(location, 'a hard link to a file that has other names');
  return { name, stats };
}

/** Most bytes that one read call may ask for. */
const CHUNK = 2 ** 30;

function readPiece(file: number, { location, offset, length }: Piece): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(file, bytes, done, Math.min(CHUNK, length - done), offset + done);
    if (read === 0) refuse(location, `${done} of ${length} bytes`);
    done += read;
  }
  return bytes;
}

function refuse(location: string, got: string): never {
  return fail({
    code: 'model-external-data',
    where: `external data "${location}"`,
    expected: "the whole piece, in a regular file inside the model's folder",
    got,
    remedy: 'Put the data file itself (not a link) beside the model, under the name that the model gives.',
  });
}

function missing(name: string): never {
  return fail({
    code: 'file-missing',
    where: name,
    expected: "the file that holds the model's weights",
    got: 'no such file',
    remedy: 'Fetch it together with the model.',
  });
}
