import { fail, type RowAxis } from '@onnxplain/core';
import { type Dim, type Graph, type Mixing, type RowFlow, rowFlow } from '@onnxplain/graph';
import { describe, type Port } from '../session/value.js';
import type { BatchAxis, GivenAxes } from './batch-axis.js';

/** What `open` found out about the rows of a model. */
export interface RowFacts {
  readonly batch: BatchAxis;
  /** Rows of every run, when the batch axis is fixed. */
  readonly fixedRows?: number;
  readonly givenAxes: GivenAxes;
}

/** Where an input and an output have their rows, and how rows are run. */
export interface RowAxes {
  readonly input: RowAxis;
  readonly output: RowAxis;
  /** Number of rows of every run: 1 where rows must run alone; undefined where any number may run together. */
  readonly perRun: number | undefined;
  /** The symbol that other values have along their row axis; undefined where the size is fixed or there is no axis. */
  readonly symbol: string | undefined;
  /**
   * Whether the graph proves that rows are independent. Where it does not, because operators or shapes are unknown, a row is run alone and
   * among others before the first run of several rows.
   */
  readonly proved: boolean;
  /** The reason, as a sentence; undefined where rows lie along the first axis and nothing in the graph combines them. */
  readonly reason: string | undefined;
}

/**
 * Finds the row axis of an input, and that of an output as a function of it. The caller's choice comes first, then what the graph tells:
 * rows lie along the first axis, unless its name, a recurrent node or a node that combines its elements shows that it is no batch axis.
 * Where no axis of the input is a batch axis, the whole array is one example.
 * Throws `option-value` for an axis that the value does not have.
 */
export function rowAxes(
  graph: Graph,
  { input, output }: { input: Port; output: Port },
  facts: RowFacts,
): RowAxes {
  const flows = flowsOf(graph);
  const choice = givenChoice(input, output, { flows, facts }) ?? choose(input, output, { flows, facts });
  const { axis, dependence } = choice;
  const size = axis === 'none' ? 1 : (input.dims?.[axis] ?? 'N');
  const symbol = typeof size === 'string' ? size : undefined;
  const at = givenAxis(facts.givenAxes, output) ?? outputAxis(output, { axis, size, flows });
  if (at === 'none' && typeof size === 'number' && size > 1) failOnMissingRows(input, output, axis);
  // An output that does not have the rows of the input belongs to one row.
  const lost =
    symbol !== undefined && output.dims !== undefined && flows(symbol).axisOf(output.name) === undefined;
  const whole = axis === 'none' || at === 'none' || dependence !== undefined || lost;
  return {
    input: axis,
    output: at,
    perRun: whole ? 1 : (facts.fixedRows ?? (typeof size === 'number' ? size : undefined)),
    symbol,
    proved: symbol !== undefined && isProved(flows(symbol), output),
    reason:
      choice.reason ??
      (dependence && `${dependence}: each is run by itself`) ??
      (lost ? unknownRowsText(input, output) : undefined),
  };
}

/** Whether the graph proves that rows are independent: all nodes between input and output are known and none combines rows. */
function isProved(flow: RowFlow, { name }: Port): boolean {
  return (
    flow.axisOf(name) !== undefined && flow.mixing(name) === undefined && flow.unknown(name) === undefined
  );
}

const unknownRowsText = (input: Port, output: Port): string =>
  `no axis of "${output.name}" is known to hold the rows of "${input.name}": each is run by itself`;

interface Choice {
  readonly axis: RowAxis;
  /** Why rows are run one at a time. */
  readonly dependence?: string;
  readonly reason?: string;
}

type Flows = (symbol: string) => RowFlow;

interface ChoiceContext {
  readonly flows: Flows;
  readonly facts: RowFacts;
}

/** Returns the row flow of a symbol in a graph. Each flow is computed once. */
function flowsOf(graph: Graph): Flows {
  const known = new Map<string, RowFlow>();
  return (symbol) => {
    const flow = known.get(symbol) ?? rowFlow(graph, symbol);
    known.set(symbol, flow);
    return flow;
  };
}

/** Returns the axis that the caller named for a value. Throws `option-value` where the value does not have it. */
export function givenAxis({ all, byName }: GivenAxes, port: Port, isInput = false): RowAxis | undefined {
  const axis = byName.get(port.name) ?? (isInput ? all : undefined);
  if (axis === undefined || axis === 'none' || port.dims === undefined || axis < port.dims.length)
    return axis;
  return fail({
    code: 'option-value',
    where: `batchAxis of "${port.name}"`,
    expected: `an axis of ${describe(port)}, from 0 to ${port.dims.length - 1}, or none`,
    got: `${axis}`,
  });
}

function failOnMissingRows(input: Port, output: Port, axis: RowAxis): never {
  return fail({
    code: 'option-value',
    where: `batchAxis of "${input.name}"`,
    expected: `an axis of ${describe(input)} whose rows "${output.name}" (${describe(output)}) has too`,
    got: `${axis}`,
    remedy: `Name the axis of "${output.name}" as well, or say none: the whole array is one input.`,
  });
}

function givenChoice(input: Port, output: Port, { flows, facts }: ChoiceContext): Choice | undefined {
  const axis = givenAxis(facts.givenAxes, input, true);
  if (axis === undefined || axis === 'none') return axis && { axis };
  const symbol = input.dims?.[axis];
  const mixing = typeof symbol === 'string' ? flows(symbol).mixing(output.name) : undefined;
  return { axis, dependence: mixing && combinationText(input, mixing) };
}

function choose(input: Port, output: Port, { flows, facts }: ChoiceContext): Choice {
  const { dims } = input;
  if (facts.batch === 'none') return { axis: 'none', reason: `"${input.name}" has no batch axis` };
  if (dims === undefined) return { axis: 0 };
  if (facts.batch === 'fixed') return fixedChoice(input, facts.fixedRows ?? 1);
  const first = candidatesOf(dims, flows).find(({ axis }) => axis === 0);
  const isFree = ({ flow }: Candidate) => flow.mixing(output.name) === undefined;
  const later = laterBatchAxis(dims, output, flows);
  if (first !== undefined && isFree(first) && !(later !== undefined && classifyName(first.dim) === 'other'))
    return { axis: 0 };
  if (later !== undefined)
    return {
      axis: later.axis,
      reason: `rows of "${input.name}" lie along axis ${later.axis} ("${later.dim}")`,
    };
  if (first !== undefined) return mixedChoice(input, output, first);
  if (dims[0] === 1) return { axis: 0 };
  return { axis: 'none', reason: `no axis of "${input.name}" (${describe(input)}) is a batch axis` };
}

interface Candidate {
  readonly axis: number;
  readonly dim: string;
  readonly flow: RowFlow;
}

/** Returns the axes whose symbol no other axis has. */
function candidatesOf(dims: readonly Dim[], flows: Flows): readonly Candidate[] {
  return dims.flatMap((dim, axis) =>
    typeof dim === 'string' && dims.indexOf(dim) === dims.lastIndexOf(dim)
      ? [{ axis, dim, flow: flows(dim) }]
      : [],
  );
}

/**
 * Finds an axis behind the first along which rows of an output may lie. A recurrent node or the name of the axis tells it; where the first
 * axis cannot be the batch, the only axis that the output has too is taken.
 */
function laterBatchAxis(dims: readonly Dim[], output: Port, flows: Flows): Candidate | undefined {
  const free = candidatesOf(dims, flows).filter(
    ({ axis, flow }) => axis > 0 && flow.mixing(output.name) === undefined,
  );
  const told = free.find(({ dim, flow }) => flow.recurrent || classifyName(dim) === 'batch');
  if (told !== undefined || free.length === 0 || firstAxisMayBeBatch(dims[0], output, flows)) return told;
  const shared = free.filter(({ flow }) => flow.axisOf(output.name) !== undefined);
  return shared.length === 1 && classifyName(shared[0].dim) !== 'other' ? shared[0] : undefined;
}

/**
 * Whether the first axis may be the batch axis: its size is 1, its elements are independent, it is called a batch, or only statistics
 * combine them.
 */
function firstAxisMayBeBatch(dim: Dim, output: Port, flows: Flows): boolean {
  if (typeof dim === 'number') return dim === 1;
  const flow = flows(dim);
  const kind = flow.mixing(output.name)?.kind;
  if (kind === undefined || isBatchName(dim)) return true;
  return kind === 'statistics' && flow.axisOf(output.name) !== undefined;
}

/** Whether an input whose first axis has a fixed size has a later batch axis that all outputs have too. */
export function hasLaterBatchAxis(graph: Graph): boolean {
  const flows = flowsOf(graph);
  const outputs = graph.outputs.filter(({ dims }) => dims?.some((dim) => typeof dim === 'string'));
  return (
    outputs.length > 0 &&
    graph.inputs.some(({ dims = [] }) =>
      outputs.every((output) => laterBatchAxis(dims, output, flows)?.flow.axisOf(output.name) !== undefined),
    )
  );
}

/** Decides what a first axis is whose elements are combined: a batch axis whose rows run alone, or a part of one example. */
function mixedChoice(input: Port, output: Port, { dim, flow }: Candidate): Choice {
  const mixing = flow.mixing(output.name);
  if (mixing === undefined) return { axis: 0 };
  const pictures = (input.dims?.length ?? 0) >= 4;
  const statistics = mixing.kind === 'statistics' && flow.axisOf(output.name) !== undefined;
  const isBatch = isBatchName(dim) || (classifyName(dim) !== 'other' && (pictures || statistics));
  const why = combinationText(input, mixing);
  if (isBatch) return { axis: 0, dependence: why };
  return { axis: 'none', reason: `${why}, so that the whole array is one example` };
}

function fixedChoice({ name, dims = [] }: Port, rows: number): Choice {
  if (dims[0] === rows) return { axis: 0 };
  const axes = dims.flatMap((dim, axis) => (dim === rows ? [axis] : []));
  if (axes.length === 1) return { axis: axes[0], reason: `rows of "${name}" lie along axis ${axes[0]}` };
  return { axis: 'none', reason: `"${name}" has no batch axis` };
}

function combinationText({ name }: Port, { node }: Mixing): string {
  return `${node.op} "${node.name || node.outputs[0]}" combines the rows of "${name}"`;
}

/**
 * Returns the row axis of an output. Where its shape is unknown, the first axis is assumed, which the first run of several rows checks.
 * Where the first axis has size 1, it is assumed to hold the only row of a run.
 */
function outputAxis(
  { name, dims }: Port,
  { axis, size, flows }: { axis: RowAxis; size: Dim; flows: Flows },
): RowAxis {
  const leads = dims === undefined || dims[0] === 1;
  if (axis === 'none') return dims?.[0] === 1 ? 0 : 'none';
  if (typeof size === 'number') return leads || dims[0] === size ? 0 : 'none';
  return flows(size).axisOf(name) ?? (leads ? 0 : 'none');
}

const BATCH_NAME = /^(n|b|bs|bz|batch\w*|\w*_batch(_size)?|num_?(examples|images|rows)|rows)$/i;
const OTHER_NAME =
  /^(t|l|s|seq\w*|\w*seq(_?len(gth)?)?|sequence\w*|time\w*|(num_?)?(steps?|frames?|nodes?|points?|tokens?|atoms?|vertices|edges)|length|len|\w*_len(gth)?)$/i;

/** Whether a name can only mean a batch. `n` cannot: people also use it for nodes and points. */
const isBatchName = (dim: string): boolean => classifyName(dim) === 'batch' && !/^n$/i.test(dim);

/** Classifies the name of an axis. */
function classifyName(dim: string): 'batch' | 'other' | 'unknown' {
  return BATCH_NAME.test(dim) ? 'batch' : OTHER_NAME.test(dim) ? 'other' : 'unknown';
}
