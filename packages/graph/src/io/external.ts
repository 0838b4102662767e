import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fail } from '@onnxplain/core';

/** The place of external data: `offset` and `length` in bytes within the file `location`. */
export interface ExternalRange {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
  /** SHA-1 of the whole file in hexadecimal, where the model gives it. */
  readonly checksum?: string;
}

/** Reads a range of a file beside the model. */
export type ExternalReader = (range: ExternalRange) => Uint8Array;

/**
 * Makes a reader of the external data in one folder, for the option `external` of {@link read}. It reads only regular files inside the
 * folder. It refuses absolute paths, `..`, symbolic links in any component below the folder, hard links, special files, and ranges that
 * are not completely within the file. Ranges may lie beyond 2 GiB.
 *
 * The reader throws `model-external-data`, or `file-missing` where the file does not exist.
 */
export function externalData(folder: string): ExternalReader {
  const sums = new Map<string, string>();
  return ({ location, offset, length, checksum }) => {
    const path = checkedPath(folder, location);
    // O_NONBLOCK: opening must not block where a pipe has replaced the file.
    const file = openSync(path.name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const opened = fstatSync(file);
      if (opened.ino !== path.stats.ino || opened.dev !== path.stats.dev)
        refuse(location, 'a file that was replaced while it was opened');
      if (offset + length > opened.size) {
        refuse(location, `bytes ${offset} to ${offset + length} of a file of ${opened.size} bytes`);
      }
      if (checksum !== undefined) {
        const sum = sums.get(location) ?? sha1Of(file);
        sums.set(location, sum);
        if (sum !== checksum.toLowerCase()) refuse(location, `SHA-1 ${sum} where the model says ${checksum}`);
      }
      return readRange(file, { location, offset, length });
    } finally {
      closeSync(file);
    }
  };
}

/** Returns the path of a location after it has checked every component. */
function checkedPath(folder: string, location: string): { name: string; stats: Stats } {
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

function sha1Of(file: number): string {
  const hash = createHash('sha1');
  const part = new Uint8Array(2 ** 20);
  for (let at = 0; ; ) {
    const read = readSync(file, part, 0, part.length, at);
    if (read === 0) return hash.digest('hex');
    hash.update(part.subarray(0, read));
    at += read;
  }
}

/** Greatest number of bytes of one read call. */
const CHUNK = 2 ** 30;

function readRange(file: number, { location, offset, length }: ExternalRange): Uint8Array {
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
    expected: "the whole range, in a regular file inside the model's folder",
    got,
    remedy: 'Put the data file itself (not a link) beside the model, with the name that the model gives.',
  });
}

function missing(name: string): never {
  return fail({
    code: 'file-missing',
    where: name,
    expected: "the file that holds the model's weights",
    got: 'no such file',
    remedy: 'Fetch the file together with the model.',
  });
}
