import { createHash } from 'node:crypto';
import { bytesOf, type Graph, weightBytes, write, writeChunks, writeExternal } from '@onnxplain/graph';
import { nodesForCpu } from '../providers/webgpu.js';

/** What a session is opened from. */
export interface SessionSource {
  /** A model's bytes or path. */
  readonly model: Uint8Array | string;
  /** Contents of files that the bytes refer to. */
  readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Names of nodes that WebGPU would take and not run. */
  readonly cpuNodes?: readonly string[];
}

/** Above this many bytes of weights a protobuf message becomes too large for its own format. */
const LARGEST = 2 ** 31 - 2 ** 24;

/** Where large graphs have their weights. */
const location = 'weights.bin';

const fitsOneFile = (graph: Graph): boolean => weightBytes(graph) < LARGEST;

/** A graph of any size as a source. */
export function serialise(graph: Graph): SessionSource {
  const cpuNodes = cpuNodeNames(graph);
  if (fitsOneFile(graph)) return { model: write(graph), cpuNodes };
  const { model, data } = writeExternal(graph, { location });
  return { model, external: [{ path: location, data: bytesOf(data) }], cpuNodes };
}

/** The file of a graph as it is, with the weights in it. */
export const sourceFromFile = (bytes: Uint8Array, graph: Graph): SessionSource => ({
  model: bytes,
  cpuNodes: cpuNodeNames(graph),
});

const cpuNodeNames = (graph: Graph): readonly string[] => nodesForCpu(graph).map(({ name }) => name);

/** SHA-256 of a graph's model file, lower-case hexadecimal. */
export function sha256Of(graph: Graph): string {
  const hash = createHash('sha256');
  const chunks = fitsOneFile(graph) ? writeChunks(graph) : [writeExternal(graph, { location }).model];
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
