import { inflateRawSync } from 'node:zlib';
import { counted, fail } from '@onnxplain/core';

/** End of central directory: the last record of a ZIP archive, 22 bytes and a comment of at most 65 535. */
const END = { signature: 0x06054b50, bytes: 22, comment: 0xffff };
const ENTRY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const STORED = 0;
const DEFLATED = 8;

/** An entry of the archive's central directory. */
interface Member {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  /** Offset of its local header. */
  readonly at: number;
}

/**
 * Reads the arrays of a NumPy .npz file by name, each as the bytes of a .npy file: what `np.savez` and `np.savez_compressed` write.
 * Throws `file-format` for other archives and broken ones, `too-large` above 1 GiB unpacked, naming `where`.
 */
export function readNpz(bytes: Uint8Array, where: string): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const members = directoryOf(view, where).filter(({ name }) => name.endsWith('.npy'));
    expectSize(members, where);
    return new Map(members.map((member) => [member.name.slice(0, -4), unpack(view, member, where)]));
  } catch (cause) {
    // RangeError: an offset points out of the file. zlib's errors have an errno.
    if (!(cause instanceof RangeError) && !(cause instanceof Error && 'errno' in cause)) throw cause;
    return broken(where, 'one that is cut short or damaged', { cause });
  }
}

/** Most bytes of all arrays of an archive together, unpacked. */
const LARGEST = 2 ** 30;

/** Refuses an archive by the sizes that it states, before anything is unpacked; unpacking ends at the stated size. */
function expectSize(members: readonly Member[], where: string): void {
  const bytes = members.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= LARGEST) return;
  fail({
    code: 'too-large',
    where,
    expected: `arrays of at most ${LARGEST} bytes together, unpacked`,
    got: counted(bytes, 'byte'),
    remedy: 'Save each array as a .npy file.',
  });
}

function directoryOf(view: DataView, where: string): readonly Member[] {
  const end = endOf(view);
  if (end === undefined) return broken(where, 'a file that does not end as one');
  const members: Member[] = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== ENTRY.signature) return broken(where, 'a damaged list of arrays');
    const name = view.getUint16(at + 28, true);
    const text = new Uint8Array(view.buffer, view.byteOffset + at + ENTRY.bytes, name);
    members.push({
      name: new TextDecoder().decode(text),
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at += ENTRY.bytes + name + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

function endOf(view: DataView): number | undefined {
  const first = Math.max(0, view.byteLength - END.bytes - END.comment);
  for (let at = view.byteLength - END.bytes; at >= first; at--) {
    if (view.getUint32(at, true) === END.signature) return at;
  }
  return undefined;
}

function unpack(view: DataView, { name, method, packed, size, at }: Member, where: string): Uint8Array {
  if (view.getUint32(at, true) !== LOCAL.signature) return broken(where, `no array "${name}" in its place`);
  const start = at + LOCAL.bytes + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, packed);
  if (method !== STORED && method !== DEFLATED) return broken(where, `compression method ${method}`);
  const array = method === STORED ? bytes : inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) });
  return array.length === size
    ? array
    : broken(where, `${counted(array.length, 'byte')} of "${name}" for ${size}`);
}

function broken(where: string, got: string, options?: ErrorOptions): never {
  return fail({ code: 'file-format', where, expected: 'a NumPy archive (.npz) below 4 GB', got }, options);
}
