import { fail, OnnxplainError } from '@onnxplain/core';
import type { Graph } from '@onnxplain/graph';
import { type Census, census } from './census.js';
import { checkFeeds } from './feeds.js';
import type { Placement } from './probe.js';
import { type Program, programOf } from './program.js';
import { type Device, openSession, type Session } from './session.js';
import type { Arrays, Feeds, Port } from './value.js';

/**
 * How the model takes several rows: its own batch axis is free; a fixed one was freed by rewriting the graph
 * and checked by running it; or it stays fixed, and rows are run in groups of that size.
 */
export type BatchAxis = 'symbolic' | 'freed' | 'fixed';

/** A model opened for running. Holds native memory: close it, or declare it with `await using`. */
export interface Model extends Census, AsyncDisposable {
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
  readonly refused: Placement['refused'];
  /** Threads inside one operator; undefined: all cores. */
  readonly threads?: number;
  readonly batch: BatchAxis;
  /** Rows of every run, when the batch axis is fixed. */
  readonly fixedRows?: number;
  /** Default memory budget of its scores, in bytes. */
  readonly memory: number;
  /**
   * One run. Feeds are checked first: see {@link checkFeeds} for the codes; then `run-failed` and `closed`.
   * @param outputs names of the outputs to compute; default all.
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Arrays>;
  /**
   * The session of a graph derived from this model: opened at the first call with its key, released with the
   * model.
   */
  session(key: string, make: () => Graph): Promise<Session>;
  /** Something that lives as long as the model, made at the first call with its key. */
  shared<T>(key: string, make: () => T): T;
  /** Releases all sessions; calls under way end with `closed`. A second close does nothing. */
  close(): Promise<void>;
}

export interface ModelParts {
  readonly graph: Graph;
  readonly source: Graph;
  readonly sha256: string;
  readonly path?: string;
  readonly placement: Placement;
  readonly threads: number | undefined;
  readonly memory: number;
  readonly batch: BatchAxis;
  readonly fixedRows?: number;
  /** What the forward session is opened from. */
  readonly program: () => Program;
}

export function makeModel(parts: ModelParts): Model {
  const { graph, source, path, placement, threads, batch, fixedRows, memory } = parts;
  const where = path ?? source.name;
  const options = { device: placement.device, threads, name: where };
  const sessions = new Map<string, Promise<Session>>();
  const things = new Map<string, unknown>();
  let closed = false;

  function session(key: string, make: () => Program): Promise<Session> {
    if (closed) return Promise.reject(closedError(where));
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const opened = Promise.resolve().then(() => {
      const { model, external } = make();
      return openSession(model, { ...options, external });
    });
    sessions.set(key, opened);
    // A failure is reported to the callers that asked, and may be cured by the next one.
    opened.catch(() => sessions.delete(key));
    return opened;
  }

  async function close(): Promise<void> {
    closed = true;
    const all = [...sessions.values()];
    sessions.clear();
    things.clear();
    for (const opened of await Promise.allSettled(all)) {
      if (opened.status === 'fulfilled') await opened.value.release();
    }
  }

  return {
    ...census(source),
    graph,
    source,
    path,
    sha256: parts.sha256,
    inputs: graph.inputs,
    outputs: graph.outputs,
    device: placement.device,
    refused: placement.refused,
    threads,
    batch,
    fixedRows,
    memory,
    async run(feeds, outputs) {
      if (closed) throw closedError(where);
      const checked = checkFeeds(graph.inputs, feeds);
      const wanted = outputs?.map((name) => checkOutput(graph, name));
      return (await session('forward', parts.program)).run(checked, wanted);
    },
    session: (key, make) => session(`graph/${key}`, () => programOf(make())),
    shared<T>(key: string, make: () => T): T {
      if (closed) throw closedError(where);
      if (!things.has(key)) things.set(key, make());
      return things.get(key) as T;
    },
    close,
    [Symbol.asyncDispose]: close,
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

function closedError(where: string): OnnxplainError {
  const [expected, got] = ['an open model', 'one that was closed'];
  return new OnnxplainError({ code: 'closed', where, expected, got });
}
