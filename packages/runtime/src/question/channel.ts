import { sizeOf } from '@onnxplain/core';
import { prune } from '@onnxplain/graph';
import { bothFixed } from '../batching/fixed.js';
import { type CheckOptions, type Independence, independentRuns } from '../batching/independence.js';
import { type Lane, lane } from '../batching/lane.js';
import { bytesPerRow } from '../batching/memory.js';
import { rowRunner } from '../batching/run.js';
import { sizesOf } from '../batching/sizes.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import { noteRows } from '../model/rows.js';
import { HALF_TOLERANCE } from '../rows/same-numbers.js';
import type { Backward, Baseline } from './backward.js';
import { countedRuns } from './counted.js';
import type { Question } from './question.js';
import { differentiate, type Selected, type SelectOptions, selectScore } from './selected.js';

export interface ChannelOptions extends SelectOptions {
  readonly backward: Backward;
  readonly batch: number | undefined;
  readonly memory: number;
}

/**
 * Value and gradient of a question's score: scores that ask the same share it, so their calls are joined.
 * Sessions open at the first use.
 */
export interface Channel {
  value(): Lane;
  gradient(): Lane;
}

export function channel(model: Model, question: Question, options: ChannelOptions): Channel {
  const { backward } = options;
  const identity = identityOf(question, options);
  const selected = () => model.cache(selections).get(identity, () => selectScore(question, options));
  return {
    value() {
      const name = `value ${identity}`;
      return shareLane(model, question, { ...options, name, make: selected, width: 1 });
    },
    gradient() {
      const name = `gradient ${backward.rules} ${identity}`;
      const make = () => differentiate(selected(), question.input.name, backward.table);
      const { baseline } = backward;
      const width = sizeOf(question.input.shape);
      const tolerance = GRADIENT_TOLERANCE;
      return shareLane(model, question, { ...options, name, make, width, baseline, tolerance });
    },
  };
}

/** Two channels with equal identity compute the same score. */
export function identityOf({ identity }: Question, { link, holds, predicted }: SelectOptions): string {
  return `${identity} ${link}${holds === undefined ? '' : ` of ${holds}`}${predicted ? ' predicted' : ''}`;
}

/** The numbers of the output itself, all classes of each row. */
export function outputLane(
  model: Model,
  question: Question,
  options: { classes: number; memory: number },
): Lane {
  const { output, identity } = question;
  const port = question.graph.outputs.filter(({ name }) => name === output);
  const make = (): Selected => ({
    graph: prune({ ...question.graph, outputs: port }),
    target: undefined,
    score: output,
  });
  return shareLane(model, question, { ...options, name: `output ${identity}`, make, width: options.classes });
}

export interface LaneRequest {
  /** Lanes of the same name run the same graph. */
  readonly name: string;
  readonly make: () => Selected;
  /** Numbers of the score per row. */
  readonly width: number;
  readonly batch?: number;
  readonly memory: number;
  readonly baseline?: Baseline;
  /** How far two runs of a row may differ by rounding, relative to its largest number; default {@link VALUE_TOLERANCE}. */
  readonly tolerance?: number;
}

/** Graphs of scores before they are differentiated, by the identity of the score. */
const selections = cacheKind<Selected>(64);

/** A graph that lanes run, and how much memory a row of it takes. */
interface Compiled {
  readonly selected: Selected;
  bytesPerRow(): number;
}

/** By the name of the request: lanes of one graph that differ in the other inputs share it. */
const compilations = cacheKind<Compiled>(64);

/**
 * By all that a request's runs depend on, other inputs and baseline included: a caller may have others at every call. A lane that is
 * dropped ends the requests that it has; the next request makes another.
 */
export const lanes = cacheKind<Lane>(256);

/** What runs have found out about the rows of a question with its other inputs. */
export const independences = cacheKind<Independence>(1024);

/** The lane of a request, made once for equal ones. */
export function shareLane(model: Model, question: Question, request: LaneRequest): Lane {
  const { name, batch, memory, width, baseline } = request;
  const key = `${name} ${width} ${batch} ${memory} ${question.fixed.id} ${baseline?.id ?? ''}`;
  return model.cache(lanes).get(key, () => makeLane(model, question, request));
}

function makeLane(model: Model, question: Question, request: LaneRequest): Lane {
  const { name, batch, memory, width, baseline, tolerance = VALUE_TOLERANCE } = request;
  const { selected, bytesPerRow: rowBytes } = compile(model, request);
  const { graph, target, score, baseline: port } = selected;
  const { input } = question;
  const { batching, filled } = sizesOf({
    device: model.device,
    fixedRows: question.rows.perRun,
    batch,
    affordable: () => Math.max(1, Math.floor(memory / Math.max(1, rowBytes()))),
  });
  const rows = rowRunner({
    session: () => model.session(name, () => graph),
    input,
    target,
    fixed: port && baseline ? bothFixed(question.fixed, baseline.fixed(port)) : question.fixed,
    output: score,
    shownOutput: question.exported,
    width,
    filled,
  });
  const run = countedRuns(question, rows.run);
  return lane({
    width,
    batching,
    allocate: (length) => (input.dtype === 'float64' ? new Float64Array(length) : new Float32Array(length)),
    run: question.rows.proved ? run : independentRuns(run, checkOf(model, question, { width, tolerance })),
    onIdle: rows.free,
  });
}

function compile(model: Model, { name, make }: LaneRequest): Compiled {
  return model.cache(compilations).get(name, () => {
    const selected = make();
    let bytes: number | undefined;
    return {
      selected,
      bytesPerRow() {
        bytes ??= bytesPerRow(selected.graph);
        return bytes;
      },
    };
  });
}

/** How far numbers may differ by rounding, relative to the largest. */
export const VALUE_TOLERANCE = 1e-4;
/** Of gradients: units near a kink of the model may fall on either side of it in another order of summation. */
export const GRADIENT_TOLERANCE = 5e-2;

/** Rows that influence each other in one run of a question do so in all. */
function checkOf(
  model: Model,
  { input, exported, identity, fixed, rows }: Question,
  { width, tolerance }: { width: number; tolerance: number },
): CheckOptions {
  return {
    shape: input.shape,
    width,
    perRun: rows.perRun,
    tolerance: input.dtype === 'float16' ? Math.max(tolerance, HALF_TOLERANCE) : tolerance,
    known: model.cache(independences).get(`${identity} ${fixed.id}`, () => ({ alone: false })),
    onDependent: () =>
      noteRows(
        model,
        `rows of "${input.name}" change each other's "${exported}" when they run together: each is run by itself`,
      ),
  };
}
