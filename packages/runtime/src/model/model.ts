import { availableParallelism } from 'node:os';
import { fail } from '@onnxplain/core';
import { type Graph, takesMissing, weightBytes } from '@onnxplain/graph';
import type { DeviceChoice } from '../providers/probe.js';
import type { BatchAxis, GivenAxes } from '../rows/batch-axis.js';
import type { Device } from '../session/session.js';
import type { Arrays, Feeds, Port } from '../session/value.js';
import type { Cache, CacheKind } from './cache.js';
import { checkFeeds } from './feeds.js';
import { type PooledSession, type SessionPool, sessionPool } from './session-pool.js';
import { openSource, type SessionSource, serialise } from './session-source.js';
import { type GraphStatistics, graphStatistics } from './statistics.js';

/** A model opened for running. Holds native memory: close it, or declare it with `await using`. */
export interface Model extends GraphStatistics, AsyncDisposable {
  /** The canonical form, which scores and gradients are made from. */
  readonly graph: Graph;
  /** The model as it was read. */
  readonly source: Graph;
  readonly path?: string;
  /** Of the model file's bytes, lower-case hexadecimal. */
  readonly sha256: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The provider that runs it. */
  readonly device: Device;
  /** Why other providers are not used, where one was tried. */
  readonly refused: DeviceChoice['refused'];
  /** Most threads inside one operator; undefined: all cores. Runs of scores that are too small to gain from several get one. */
  readonly threads?: number;
  /** Microseconds for which threads wait for the next operator; undefined: the default of sessions. */
  readonly spin?: number;
  readonly batch: BatchAxis;
  /** Rows of every run, when the batch axis is fixed. */
  readonly fixedRows?: number;
  /** Which axes the caller named as batch axes. */
  readonly givenAxes: GivenAxes;
  /** Default memory budget of its scores, in bytes. */
  readonly memory: number;
  /**
   * One run. Feeds are checked first: see {@link checkFeeds} for the codes; then `run-failed` and `closed`.
   * @param outputs names of the outputs to compute; default all.
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Arrays>;
  /**
   * The session of a graph derived from this model. It is opened at the first call with its key. A model keeps {@link sessionLimit}
   * sessions open and releases the least recently used one, when it has no run under way; a later run opens it again. Sessions of one key
   * with different numbers of threads are different sessions.
   */
  session(key: string, make: () => Graph, options?: GraphSessionOptions): Promise<PooledSession>;
  /** Number of sessions that are open now. */
  openSessions(): number;
  /** The model's own cache of a kind, empty at first. Throws `closed`. */
  cache<V>(kind: CacheKind<V>): Cache<V>;
  /** Sentences for {@link rowNotices}. */
  readonly rowNotices: Set<string>;
  /**
   * Releases all sessions; calls under way end with `closed`. A second close does nothing. A model that nobody references any more is
   * closed when it is collected, which may be late.
   */
  close(): Promise<void>;
}

/** How a session of a graph that is derived from a model runs. */
export interface GraphSessionOptions {
  /** Threads inside one operator; default: those of the model. */
  readonly threads?: number;
}

export interface ModelParts {
  readonly graph: Graph;
  readonly source: Graph;
  readonly sha256: string;
  readonly path?: string;
  readonly deviceChoice: DeviceChoice;
  readonly threads: number | undefined;
  readonly spin: number | undefined;
  readonly memory: number;
  readonly batch: BatchAxis;
  readonly fixedRows?: number;
  readonly givenAxes: GivenAxes;
  /** What the forward session is opened from. */
  readonly sessionSource: () => SessionSource;
}

/** All sessions of a model together hold about this many bytes of weights. */
const SESSION_BYTES = 2 ** 31;
/** Copies of the weights in a session: as read, packed for the kernels, and both again for transposed weights of a gradient. */
const COPIES = 4;
const FEWEST_SESSIONS = 8;
const MOST_SESSIONS = 32;

/** Most sessions that a model of this graph keeps open: from 8 to 32, in between as many as hold 2 GiB of weights in four copies. */
export function sessionLimit(graph: Graph): number {
  const fitting = Math.floor(SESSION_BYTES / Math.max(1, COPIES * weightBytes(graph)));
  return Math.min(MOST_SESSIONS, Math.max(FEWEST_SESSIONS, fitting));
}

/** Closes the pools of models that were collected without being closed. Their sessions would keep their native memory. */
const forgotten = new FinalizationRegistry<() => Promise<void>>((close) => void close());

export function makeModel({ deviceChoice: placement, sessionSource, ...parts }: ModelParts): Model {
  const { graph, source } = parts;
  const { device, refused } = placement;
  const { inputs, outputs } = graph;
  const pool = poolOf(parts, device);
  const { cache, close } = cachesOf(pool);
  const model: Model = {
    ...graphStatistics(source),
    ...parts,
    inputs,
    outputs,
    device,
    refused,
    rowNotices: new Set(),
    async run(feeds, wanted) {
      pool.expectOpen();
      const checked = checkFeeds(inputs, feeds, (input) => takesMissing(graph, input));
      const names = wanted?.map((output) => checkOutput(graph, output));
      return (await pool.session('forward', sessionSource)).run(checked, names);
    },
    session: (key, make, { threads } = {}) =>
      pool.session(`graph/${key}/${threads ?? parts.threads ?? availableParallelism()}`, () => ({
        ...serialise(make()),
        threads,
      })),
    openSessions: () => pool.size,
    cache,
    close,
    [Symbol.asyncDispose]: close,
  };
  forgotten.register(model, pool.close);
  return model;
}

type PoolParts = Pick<ModelParts, 'graph' | 'source' | 'threads' | 'spin' | 'path'>;

function poolOf({ graph, source, threads, spin, path }: PoolParts, device: Device): SessionPool {
  const name = path ?? source.name;
  return sessionPool({
    name,
    limit: sessionLimit(graph),
    open: (from) => openSource(from, { device, threads, spin, name }),
  });
}

/** The caches of a model, which are emptied when its sessions are closed. */
function cachesOf(pool: SessionPool): Pick<Model, 'cache' | 'close'> {
  const caches = new Set<{ clear(): void }>();
  return {
    cache(kind) {
      pool.expectOpen();
      const cache = kind.of(pool);
      caches.add(cache);
      return cache;
    },
    async close() {
      for (const cache of caches) cache.clear();
      await pool.close();
    },
  };
}

function checkOutput(graph: Graph, name: string): string {
  const names = graph.outputs.map((output) => output.name);
  if (names.includes(name)) return name;
  return fail({
    code: 'name-unknown',
    where: 'outputs',
    expected: `one of ${names.join(', ')}`,
    got: `"${name}"`,
  });
}
