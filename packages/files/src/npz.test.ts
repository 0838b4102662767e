import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { npy } from '../test/npy.js';
import { readNpy } from './npy.js';
import { readNpz } from './npz.js';

/** A ZIP archive by the book: local headers with their bytes, the directory, its end. */
function zip(members: Readonly<Record<string, Uint8Array>>, method: 0 | 8): Uint8Array {
  const [locals, entries]: [Buffer[], Buffer[]] = [[], []];
  for (const [name, bytes] of Object.entries(members)) {
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE(method, 10);
    head.writeUInt32LE(packed.length, 20);
    head.writeUInt32LE(bytes.length, 24);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt32LE(Buffer.concat(locals).length, 42);
    entries.push(head, Buffer.from(name));
    // NumPy puts an extra field into local headers only.
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(4, 28);
    locals.push(local, Buffer.from(name), Buffer.alloc(4), Buffer.from(packed));
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(Buffer.concat(locals).length, 16);
  return Uint8Array.from(Buffer.concat([...locals, ...entries, end]));
}

const members = { 'ids.npy': npy([2], [3, 4]), 'mask.npy': npy([3], [1, 1, 0]) };

test.each([0, 8] as const)('arrays of an archive are read by name, method %i', (method) => {
  const arrays = readNpz(zip(members, method), 'a.npz');
  expect([...arrays.keys()]).toEqual(['ids', 'mask']);
  expect([...readNpy(arrays.get('mask') ?? new Uint8Array(), 'mask').tensor.data]).toEqual([1, 1, 0]);
});

test.each([
  ['cut short', zip(members, 0).subarray(0, 90)],
  ['no archive', new Uint8Array(100)],
  ['empty', new Uint8Array(0)],
  ['damaged', zip(members, 8).fill(0xff, 45, 70)],
  ['directory elsewhere', zip(members, 0).fill(0x7f, -6, -2)],
])('one that is %s is refused by its format', (_, bytes) => {
  expect(() => readNpz(bytes, 'a.npz')).toThrow(expect.objectContaining({ code: 'file-format' }));
});
