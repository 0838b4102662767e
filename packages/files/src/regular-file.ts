import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { fail } from '@onnxplain/core';

/** Reads the bytes of a regular file. Throws `file-unreadable` for pipes, devices and sockets, which may never end, and Node's errors. */
export function readRegularFile(path: string): Buffer {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    expectRegular(fstatSync(file), path);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Throws `file-unreadable` for anything but a regular file. */
export function expectRegular(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  fail({
    code: 'file-unreadable',
    where: path,
    expected: 'a regular file',
    got: kindOf(stats),
    remedy: 'Write its content to a file first, and name that file.',
  });
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}
