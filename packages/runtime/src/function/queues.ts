import { availableParallelism } from 'node:os';
import { OnnxplainError, once, sizeOf } from '@onnxplain/core';
import { type Graph, infer, prune } from '@onnxplain/graph';
import { mergeFeeds } from '../batching/constant-feeds.js';
import {
  type Independence,
  type IndependenceOptions,
  independentRuns,
  type RowPart,
} from '../batching/independence.js';
import { type RequestQueue, requestQueue } from '../batching/queue.js';
import { bindDims, type RowCost, rowCost } from '../batching/row-cost.js';
import { rowRunner } from '../batching/row-runner.js';
import { type RunSizes, runSizes } from '../batching/run-sizes.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import { addRowNotice } from '../model/row-notices.js';
import type { PooledSession } from '../model/session-pool.js';
import { lowerGradient } from '../providers/lowering.js';
import { HALF_TOLERANCE } from '../rows/same-numbers.js';
import type { BackwardPass, BaselineFeeds } from './backward.js';
import { countedRuns } from './counted-output.js';
import type { ModelFunction } from './model-function.js';
import {
  differentiate,
  hessianTimes,
  type ScoreGraph,
  type ScoreGraphOptions,
  scoreGraph,
} from './score-graph.js';

export interface ScoreQueueOptions extends ScoreGraphOptions {
  readonly backward: BackwardPass;
  readonly batch: number | undefined;
  readonly memory: number;
}

/**
 * The queues for value and gradient of a function's score. Equal scores share them, so that their calls are joined. Sessions are opened at
 * the first use.
 */
export interface ScoreQueues {
  value(): RequestQueue;
  gradient(): RequestQueue;
}

/** The queues of a score, with one for products of its Hessian. */
export interface SecondOrderQueues extends ScoreQueues {
  /** Hessian times the direction of each row, which is the last parameter of a request. */
  hessian(): RequestQueue;
}

export function scoreQueues(model: Model, fn: ModelFunction, options: ScoreQueueOptions): SecondOrderQueues {
  const { backward } = options;
  const identity = (form: ModelFunction) => identityOf(form, options);
  const slopes = [{ width: sizeOf(fn.input.shape), tolerance: GRADIENT_TOLERANCE }];
  const scored = (form: ModelFunction) =>
    model.cache(scoreGraphs).get(identity(form), () => scoreGraph(form, options));
  return {
    value: queueOf(model, fn, {
      ...options,
      name: (form) => `value ${identity(form)}`,
      make: scored,
      parts: valuesPart(1),
    }),
    gradient: queueOf(model, fn, {
      ...options,
      name: (form) => `gradient ${backward.rules} ${identity(form)}`,
      make: (form) => differentiate(scored(form), fn.input.name, backward.table),
      parts: slopes,
      baseline: backward.baseline,
    }),
    hessian: queueOf(model, fn, {
      ...options,
      name: (form) => `hessian ${identity(form)}`,
      make: (form) => hessianTimes(scored(form), fn.input.name),
      parts: slopes,
    }),
  };
}

/** Returns a text that is equal for scores that compute the same numbers. */
export function identityOf(
  { identity }: ModelFunction,
  { link, holds, predicted }: ScoreGraphOptions,
): string {
  return `${identity} ${link}${holds === undefined ? '' : ` of ${holds}`}${predicted ? ' predicted' : ''}`;
}

/** Returns the queue for the numbers of the output itself: all classes of each row. */
export function outputQueue(
  model: Model,
  fn: ModelFunction,
  options: { readonly classes: number; readonly batch?: number; readonly memory: number },
): RequestQueue {
  const make = ({ graph, output }: ModelFunction): ScoreGraph => ({
    graph: prune({ ...graph, outputs: graph.outputs.filter(({ name }) => name === output) }),
    parameters: [],
    score: output,
  });
  return sharedQueue(model, fn, {
    ...options,
    name: ({ identity }) => `output ${identity}`,
    make,
    parts: valuesPart(options.classes),
  });
}

export interface QueueRequest {
  /** Names the graph that is made of a form of the function. Queues of the same name run the same graph. */
  readonly name: (form: ModelFunction) => string;
  readonly make: (form: ModelFunction) => ScoreGraph;
  /** Numbers of the score per row. */
  readonly parts: readonly RowPart[];
  readonly batch?: number;
  readonly memory: number;
  readonly baseline?: BaselineFeeds;
}

const widthOf = ({ parts }: QueueRequest): number => parts.reduce((sum, { width }) => sum + width, 0);

/** Values of a row, which are compared with {@link VALUE_TOLERANCE}. */
export const valuesPart = (width: number): readonly RowPart[] => [{ width, tolerance: VALUE_TOLERANCE }];

/** Graphs of scores before they are differentiated, by the identity of the score. */
const scoreGraphs = cacheKind<ScoreGraph>(64);

/** Graphs that queues run, by the name of the request. Queues that differ only in the other inputs share them. */
const lowered = cacheKind<ScoreGraph>(64);

/** Open graphs by the name of the request; undefined where none can be made. */
const openGraphs = cacheKind<ScoreGraph | undefined>(64);

interface KeptQueue {
  readonly queue: RequestQueue;
  /** Bytes of the other inputs and the baseline. */
  readonly bytes: number;
}

/**
 * Queues by all that their runs depend on. Other inputs and baselines belong to it, and may be new at every call. A queue that is dropped
 * still finishes its requests; the next request makes a new one.
 */
export const queues = cacheKind<KeptQueue>({ values: 256, bytes: 2 ** 26, bytesOf: ({ bytes }) => bytes });

/** How many rows the runs of a graph get. Queues that differ only in the other inputs share what their runs found out. */
const sizesOfRuns = cacheKind<RunSizes>(256);

/** What runs found out about the independence of rows, by function and its other inputs. */
export const independences = cacheKind<Independence>(1024);

/** Returns the queue of a request. Equal requests share one. */
export function sharedQueue(model: Model, fn: ModelFunction, request: QueueRequest): RequestQueue {
  return queueOf(model, fn, request)();
}

/** Returns a function that gives the queue of a request. Each call looks it up, because the model may have dropped it. */
export function queueOf(model: Model, fn: ModelFunction, request: QueueRequest): () => RequestQueue {
  const { name, batch, memory, baseline } = request;
  const key = once(
    () => `${name(fn)} ${widthOf(request)} ${batch} ${memory} ${fn.others.id} ${baseline?.id ?? ''}`,
  );
  return () => model.cache(queues).get(key(), () => makeQueue(model, fn, request)).queue;
}

function makeQueue(model: Model, fn: ModelFunction, request: QueueRequest): KeptQueue {
  const { baseline, parts } = request;
  const width = widthOf(request);
  const { name, scored, cost } = compile(model, fn, request);
  const { graph, parameters, score, baseline: port } = scored;
  const { input } = fn;
  const { batching, paddedSize, threads } = sizesOf(model, fn, { request, cost });
  const others = port && baseline ? mergeFeeds(fn.others, baseline.asFeeds(port)) : fn.others;
  const rows = rowRunner({
    session: sessionsOf((n) => model.session(name, () => graph, { threads: n }), threads),
    input,
    parameters,
    others,
    output: score,
    outputInErrors: fn.exported,
    width,
    paddedSize,
  });
  const run = countedRuns(fn, rows.run);
  const queue = requestQueue({
    width,
    batching,
    allocate: (length) => (input.dtype === 'float64' ? new Float64Array(length) : new Float32Array(length)),
    run: fn.rows.proved ? run : independentRuns(run, checkOf(model, fn, parts)),
    onIdle: rows.free,
  });
  return { queue, bytes: others.bytes };
}

/** Returns the session for runs of n rows. It is asked for once for each number of threads, and again after it did not open. */
function sessionsOf(
  open: (threads: number) => Promise<PooledSession>,
  threads: RunSizes['threads'],
): (n: number) => Promise<PooledSession> {
  const opened = new Map<number, Promise<PooledSession>>();
  return (n) => {
    const count = threads(n);
    const known = opened.get(count);
    if (known !== undefined) return known;
    const session = open(count);
    opened.set(count, session);
    session.catch(() => opened.delete(count));
    return session;
  };
}

interface Costed {
  readonly request: QueueRequest;
  cost(): RowCost;
}

/** Returns the sizes of the runs of a request, which all queues of its graph share. */
function sizesOf(model: Model, fn: ModelFunction, { request, cost }: Costed): RunSizes {
  const { name, batch, memory } = request;
  const { device, threads = availableParallelism() } = model;
  const fixedRows = fn.rows.perRun;
  const key = `${name(fn)} ${batch} ${memory} ${fixedRows}`;
  return model
    .cache(sizesOfRuns)
    .get(key, () => runSizes({ device, fixedRows, batch, memory, threads, cost }));
}

/** A graph that a queue runs, its name, and what a row of the queue costs. */
interface Compiled {
  readonly name: string;
  readonly scored: ScoreGraph;
  cost(): RowCost;
}

/** Makes the graph of a request: of the open form of the function where that gives as many numbers, else of the function itself. */
function compile(model: Model, fn: ModelFunction, request: QueueRequest): Compiled {
  return compileOpen(model, fn, request) ?? compileFor(model, fn, request);
}

function compileFor(model: Model, fn: ModelFunction, request: QueueRequest): Compiled {
  const name = request.name(fn);
  const scored = model.cache(lowered).get(name, () => lower(model, request.make(fn)));
  return { name, scored, cost: () => rowCost(scored.graph) };
}

const lower = (model: Model, made: ScoreGraph): ScoreGraph => ({
  ...made,
  graph: lowerGradient(made.graph, model.device),
});

/** Returns undefined where the graph cannot be made without the sizes, or does not tell that it gives the numbers of the request. */
function compileOpen(model: Model, { open }: ModelFunction, request: QueueRequest): Compiled | undefined {
  // WebGPU leaves nodes to the CPU by their sizes.
  if (open === undefined || model.device === 'webgpu') return undefined;
  const { fn, sizes } = open;
  const name = request.name(fn);
  const scored = model.cache(openGraphs).get(name, () => {
    try {
      return lower(model, request.make(fn));
    } catch (error) {
      if (error instanceof OnnxplainError) return undefined;
      throw error;
    }
  });
  const bound = scored && bindDims(scored.graph, sizes);
  if (scored === undefined || bound === undefined || widthIn(bound) !== widthOf(request)) return undefined;
  return { name, scored, cost: () => rowCost(bound) };
}

/** Returns how many numbers the output of a graph has for each row; undefined where the graph does not tell. */
function widthIn(graph: Graph): number | undefined {
  const [{ name }] = graph.outputs;
  const [, ...dims] = infer(graph).get(name)?.dims ?? ['?', '?'];
  const sizes = dims.filter((dim) => typeof dim === 'number');
  return sizes.length === dims.length ? sizeOf(sizes) : undefined;
}

/** Largest difference by rounding between two runs of a row, relative to its largest number. */
export const VALUE_TOLERANCE = 1e-4;
/** The same for gradients: near a kink, another order of summation may take the other side. */
export const GRADIENT_TOLERANCE = 5e-2;

const inHalfPrecision = ({ width, tolerance }: RowPart): RowPart => ({
  width,
  tolerance: Math.max(tolerance, HALF_TOLERANCE),
});

/** Options of the check that rows are independent. All runs of a function share its result. */
function checkOf(
  model: Model,
  { input, exported, identity, others, rows }: ModelFunction,
  parts: readonly RowPart[],
): IndependenceOptions {
  return {
    shape: input.shape,
    parts: input.dtype === 'float16' ? parts.map(inHalfPrecision) : parts,
    perRun: rows.perRun,
    independence: model.cache(independences).get(`${identity} ${others.id}`, () => ({ dependent: false })),
    onDependent: () =>
      addRowNotice(
        model,
        `rows of "${input.name}" change each other's "${exported}" when they run together: each is run by itself`,
      ),
  };
}
