import { fail } from '@onnxplain/core';
import { type Graph, takesMissing } from '@onnxplain/graph';
import type { Placement } from '../providers/probe.js';
import type { BatchAxis, GivenAxes } from '../rows/batch-axis.js';
import type { Device, Session } from '../session/session.js';
import type { Arrays, Feeds, Port } from '../session/value.js';
import { type Census, census } from './census.js';
import { checkFeeds } from './feeds.js';
import { expectOpen, holdings, release, sessionOf, thingOf } from './holdings.js';
import { type Program, programOf } from './program.js';

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
  readonly givenAxes: GivenAxes;
  /** What the forward session is opened from. */
  readonly program: () => Program;
}

export function makeModel({ placement, program, ...parts }: ModelParts): Model {
  const { graph, source, threads, path } = parts;
  const { device, refused } = placement;
  const { inputs, outputs } = graph;
  const held = holdings({ device, threads, name: path ?? source.name });
  return {
    ...census(source),
    ...parts,
    inputs,
    outputs,
    device,
    refused,
    async run(feeds, wanted) {
      expectOpen(held);
      const checked = checkFeeds(inputs, feeds, (input) => takesMissing(graph, input));
      const names = wanted?.map((output) => checkOutput(graph, output));
      return (await sessionOf(held, 'forward', program)).run(checked, names);
    },
    session: (key, make) => sessionOf(held, `graph/${key}`, () => programOf(make())),
    shared: (key, make) => thingOf(held, key, make),
    close: () => release(held),
    [Symbol.asyncDispose]: () => release(held),
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
