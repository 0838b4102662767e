import { createHash } from 'node:crypto';
import { bytesOf, type Graph, weightBytes, write, writeChunks, writeExternal } from '@onnxplain/graph';
import { nodesForCpu } from '../providers/webgpu.js';
import { freeArray } from '../session/free-array.js';
import { openSession, type Session, type SessionOptions } from '../session/session.js';

/** What a session is opened from. */
export interface SessionSource {
  /** A model's bytes or path. */
  readonly model: Uint8Array | string;
  /** Contents of files that the bytes refer to. */
  readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Whether the bytes were written for this session only. They are freed when it is open. */
  readonly temporary?: boolean;
  /** Names of nodes that WebGPU must leave to the CPU. */
  readonly cpuNodes?: readonly string[];
  /** Threads inside one operator; default: those of the model. */
  readonly threads?: number;
}

/** Largest number of bytes of weights in one file: a protobuf message cannot be larger than 2 GiB. */
const MAX_WEIGHT_BYTES = 2 ** 31 - 2 ** 24;

/** The file that holds the weights of large graphs. */
const WEIGHTS_FILE = 'weights.bin';

const fitsOneFile = (graph: Graph): boolean => weightBytes(graph) < MAX_WEIGHT_BYTES;

/** Serialises a graph of any size. Weights above 2 GiB go to a second file. */
export function serialise(graph: Graph): SessionSource {
  const cpuNodes = cpuNodeNames(graph);
  if (fitsOneFile(graph)) return { model: write(graph), temporary: true, cpuNodes };
  const { model, data } = writeExternal(graph, { location: WEIGHTS_FILE });
  return { model, external: [{ path: WEIGHTS_FILE, data: bytesOf(data) }], temporary: true, cpuNodes };
}

/** Opens a session, and frees what was written for it. Throws as {@link openSession} does. */
export async function openSource(source: SessionSource, options: SessionOptions): Promise<Session> {
  const { model, external = [], cpuNodes, threads = options.threads } = source;
  try {
    return await openSession(model, { ...options, external, cpuNodes, threads });
  } finally {
    if (source.temporary) free(source);
  }
}

function free({ model, external = [] }: SessionSource): void {
  if (model instanceof Uint8Array) freeArray(model);
  for (const { data } of external) freeArray(data);
}

/** Takes the file that a graph was read from, with the weights in it. */
export const sourceFromFile = (bytes: Uint8Array, graph: Graph): SessionSource => ({
  model: bytes,
  cpuNodes: cpuNodeNames(graph),
});

const cpuNodeNames = (graph: Graph): readonly string[] => nodesForCpu(graph).map(({ name }) => name);

/** Returns the SHA-256 of a graph's model file in lower-case hexadecimal. */
export function sha256Of(graph: Graph): string {
  const hash = createHash('sha256');
  const chunks = fitsOneFile(graph)
    ? writeChunks(graph)
    : [writeExternal(graph, { location: WEIGHTS_FILE }).model];
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
