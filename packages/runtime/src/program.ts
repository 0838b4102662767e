import { type Graph, write, writeExternal } from '@onnxplain/graph';

/** What a session is opened from: a model's bytes or path, and the contents of files that the bytes refer to. */
export interface Program {
  readonly model: Uint8Array | string;
  readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Above this many bytes of weights a protobuf message becomes too large for its own format. */
const largest = 2 ** 31 - 2 ** 24;

/** A graph of any size as a program. */
export function programOf(graph: Graph): Program {
  let weights = 0;
  for (const { data } of graph.constants.values()) if (ArrayBuffer.isView(data)) weights += data.byteLength;
  if (weights < largest) return { model: write(graph) };
  const location = 'weights.bin';
  const { model, data } = writeExternal(graph, { location });
  return { model, external: [{ path: location, data: concat(data) }] };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
