import { createHash } from 'node:crypto';
import { bytesOf, type Graph, weightBytes, write, writeChunks, writeExternal } from '@onnxplain/graph';

/** What a session is opened from: a model's bytes or path, and the contents of files that the bytes refer to. */
export interface Program {
  readonly model: Uint8Array | string;
  readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Above this many bytes of weights a protobuf message becomes too large for its own format. */
const LARGEST = 2 ** 31 - 2 ** 24;

/** Where large graphs have their weights. */
const location = 'weights.bin';

const fitsOneFile = (graph: Graph): boolean => weightBytes(graph) < LARGEST;

/** A graph of any size as a program. */
export function programOf(graph: Graph): Program {
  if (fitsOneFile(graph)) return { model: write(graph) };
  const { model, data } = writeExternal(graph, { location });
  return { model, external: [{ path: location, data: bytesOf(data) }] };
}

/** SHA-256 of a graph's model file, lower-case hexadecimal. */
export function sha256Of(graph: Graph): string {
  const hash = createHash('sha256');
  const chunks = fitsOneFile(graph) ? writeChunks(graph) : [writeExternal(graph, { location }).model];
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
