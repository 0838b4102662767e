import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { option, parseOptions, z } from '@onnxplain/core';
import {
  canonicalise,
  type ExternalReader,
  externalData,
  fixNumbers,
  fixShapes,
  type Graph,
  type InputNumbers,
  type InputShapes,
  type Limits,
  type Node,
  read,
  unifySymbols,
} from '@onnxplain/graph';
import { isGradient, lowerGradient } from '../providers/lowering.js';
import { chooseDevice } from '../providers/probe.js';
import { type BatchAxisOption, batchAxisSchema, expectNames, givenAxes } from '../rows/batch-axis.js';
import { onnxRuntime } from '../session/onnxruntime.js';
import type { Device } from '../session/session.js';
import { canonicalForm } from './canonical-form.js';
import { type Model, type ModelParts, makeModel } from './model.js';
import { observeShapes } from './observe-shapes.js';
import { readModelFile } from './read-model-file.js';
import { resolveBatch } from './resolve-batch.js';
import { serialise, sourceFromFile } from './session-source.js';

/** How a model is opened: where it runs, what it may use, and what its batch axis is. */
export interface OpenOptions {
  /**
   * 'auto' (default): CUDA where it works, else the CPU. A device asked for by name is used or refused, never
   * replaced.
   */
  readonly device?: Device | 'auto';
  /**
   * Most threads inside one operator, at most 64 or four for each core; default: all cores. Runs of scores that are too small to gain from
   * several get one; a score whose runs are small and large has a session of each kind.
   */
  readonly threads?: number;
  /**
   * Microseconds for which threads wait for the next operator before they sleep, at most 100 000; default 0: they sleep at once. 30 makes
   * runs that follow each other without a pause faster, most of all those of small models, and runs after a pause, or on cores that other
   * programs use, slower.
   */
  readonly spin?: number;
  /**
   * Reader of weights kept in other files, such as `externalData(folder)`. Default: of a model that is opened by its path, those in its
   * folder are read; one that is given as bytes is refused.
   */
  readonly external?: ExternalReader;
  /** Bytes that scores of the model may use for activations; default 512 MiB. */
  readonly memory?: number;
  /**
   * The batch axis: of the explained input, or of inputs and outputs by name; 'none': the whole array is one example. Default: found out
   * from the graph's symbols and operators, else the first axis. Rows that turn out to depend on each other run one at a time all the same.
   */
  readonly batchAxis?: BatchAxisOption;
  /** Sizes of inputs by name, where the model leaves some open. */
  readonly shapes?: InputShapes;
  /** Inputs that become constants, by name: the number in each of their elements. Branches that they choose are then decided. */
  readonly fixed?: InputNumbers;
  /** Limits of the sizes that a file may have; see `defaultLimits` of @onnxplain/graph. */
  readonly limits?: Partial<Limits>;
}

const devices = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

/** Each thread takes memory and time of the system; more than a few for each core only cost. */
const MOST_THREADS = Math.max(64, 4 * availableParallelism());

/** Microseconds. A thread that waits as long for work takes a core from other programs for nothing. */
const MOST_SPIN = 100_000;

const schema = z.strictObject({
  device: z.enum(devices, `one of ${devices.join(', ')}`).default('auto'),
  threads: option.count(MOST_THREADS).optional(),
  spin: option.index(MOST_SPIN).optional(),
  external: z
    .custom<ExternalReader>((v) => typeof v === 'function', 'a reader such as externalData(folder)')
    .optional(),
  memory: option.positive().default(512 * 2 ** 20),
  batchAxis: batchAxisSchema.optional(),
  shapes: z.record(z.string(), z.array(z.int('a size').min(0, 'a size')), 'sizes by name').default({}),
  fixed: z.record(z.string(), z.number('a number'), 'numbers by name').default({}),
  limits: z.custom<Partial<Limits>>((v) => typeof v === 'object' && v !== null, 'limits by name').optional(),
});

/**
 * Opens an ONNX model from a file or from its bytes, which must not change afterwards. Native sessions are created when they
 * are first needed.
 *
 * Throws `file-missing`, `file-unreadable`, `file-format`, `model-*` for the file, `provider-unavailable` for
 * the device, `runtime-missing` and `runtime-copies` where onnxruntime-node does not load, `name-unknown` and `feed-shape` for `shapes` and
 * `fixed`.
 */
export async function open(pathOrBytes: string | Uint8Array, options: OpenOptions = {}): Promise<Model> {
  const { device, threads, spin, memory, batchAxis, shapes, fixed } = parseOptions('open', schema, {
    ...options,
  });
  const path = typeof pathOrBytes === 'string' ? pathOrBytes : undefined;
  const bytes = typeof pathOrBytes === 'string' ? await readModelFile(pathOrBytes) : pathOrBytes;
  const beside = path === undefined ? undefined : externalData(dirname(path));
  const weights = watchReads(options.external ?? beside);
  const inFile = read(bytes, { limits: options.limits, external: weights.external });
  await onnxRuntime();
  const source = fixNumbers(fixShapes(inFile, shapes), fixed);
  const isFile = source === inFile && !weights.used();
  const sessionSource = () => (isFile ? sourceFromFile(bytes, source) : serialise(source));
  return openGraph(source, {
    path,
    sessionSource,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    deviceChoice: await chooseDevice(device),
    threads,
    spin,
    memory,
    givenAxes: givenAxes(batchAxis),
  });
}

/** Opens a graph as a model of its own, on the device of `parts`. */
export async function openGraph(source: Graph, parts: OpenGraphParts): Promise<Model> {
  const { deviceChoice: placement, threads, spin, path, sessionSource } = parts;
  const name = path ?? source.name;
  expectNames(parts.givenAxes, source);
  const options = { device: placement.device, threads, spin, name };
  const canonical = unifySymbols(await canonicalForm(source, options));
  const resolved = await resolveBatch(canonical, parts.givenAxes, options);
  const graph = await observeShapes(resolved.graph, options);
  const { device } = placement;
  const rewritten = resolved.batch === 'freed' || source.nodes.some(isZipMap) || isGradient(source);
  return makeModel({
    ...parts,
    ...resolved,
    graph: graph === resolved.graph ? graph : canonicalise(graph),
    source,
    sessionSource: rewritten ? () => serialise(lowerGradient(resolved.graph, device)) : sessionSource,
  });
}

/** Sessions cannot return the maps of ZipMap; the canonical form returns the scores in them. */
const isZipMap = ({ op, domain }: Node): boolean => op === 'ZipMap' && domain === 'ai.onnx.ml';

export type OpenGraphParts = Omit<ModelParts, 'graph' | 'source' | 'batch' | 'fixedRows'>;

/** Wraps the reader of external data and tells whether it was used. */
function watchReads(external: ExternalReader | undefined): {
  external: ExternalReader | undefined;
  used(): boolean;
} {
  let used = false;
  if (external === undefined) return { external, used: () => used };
  return {
    external(part) {
      used = true;
      return external(part);
    },
    used: () => used,
  };
}
