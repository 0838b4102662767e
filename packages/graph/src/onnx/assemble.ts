/** Bytes in pieces, to be copied once: most are views of weights. */
export type Pieces = readonly Uint8Array[];

/** A field of a protobuf message that holds bytes or another message (wire type 2). */
export function field(number: number, content: Pieces): Pieces {
  return [varint((number << 3) | 2), varint(lengthOf(content)), ...content];
}

/** The pieces one after the other. */
export function joined(pieces: Pieces): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const lengthOf = (pieces: Pieces): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** Base 128, least significant digit first. */
function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  return Uint8Array.from([...digits, rest]);
}
