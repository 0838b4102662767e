import { type Coverage, coverage, infer, type Lookup, lookupsOf, randomNodes } from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { isFloatPort, type Model, type Port, type ShownMeaning, shownMeaning } from '@onnxplain/runtime';
import { openModel } from '../pipeline/model.js';
import { flatnessFor, flatText } from '../pipeline/notices/explainers.js';
import { listed } from '../pipeline/notices/text.js';
import { describeEvidence } from '../pipeline/query/describe-function.js';
import { type BatchAxes, batchAxes, batchLine } from './batch-lines.js';
import { type Failure, failureOf } from './failure.js';
import type { ModelFlags } from './flags.js';

/** What `inspect` finds out. */
export interface Inspection {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly parameters: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** How several rows are run: see `Model.batch`. */
  readonly batch: string;
  /** Of every float output, by every float input; where all inputs are whole numbers, by each embedding. */
  readonly batchAxes: readonly BatchAxes[];
  readonly device: string;
  readonly ops: Readonly<Record<string, number>>;
  /** Tables that inputs of whole numbers look up: the values from which on there are gradients. */
  readonly embeddings: readonly Lookup[];
  /** What every float output holds, as far as its graph tells: an `explain` also looks at what it gives. */
  readonly meanings: readonly ShownMeaning[];
  /** Of every float output, by the only float input; where all inputs are whole numbers, by each embedding. */
  readonly gradients: readonly GradientCoverage[];
  /** What nodes compute, in order, where asked for. Without the values whose type is not known. */
  readonly values?: readonly InnerValue[];
}

export interface InspectFlags extends ModelFlags {
  readonly values?: boolean;
}

/** A value inside the model, by the name that everything takes which asks for one. */
export interface InnerValue extends Port {
  readonly op: string;
}

export interface GradientCoverage {
  readonly of: string;
  /** The embedding that it is by; absent: the only float input. */
  readonly wrt?: string;
  /** Nodes on the way. */
  readonly nodes: number;
  /** Those without a rule; none: the gradient can be taken. */
  readonly missing: readonly Coverage[];
  /** Why this gradient is 0 for every input; absent where it is not known to be. */
  readonly flat?: string;
  /** Nodes that draw random numbers on the way to this output; absent where there are none. */
  readonly random?: readonly string[];
  /** The value that a Softmax or Sigmoid makes this output of. */
  readonly logits?: string;
  /** Why coverage could not be told. */
  readonly failure?: Pick<Failure, 'code' | 'message'>;
}

/** Opens a model and describes it, gradient coverage included. */
export async function inspect(path: string, flags: InspectFlags): Promise<Inspection> {
  const { model, about } = await openModel(path, flags);
  try {
    const { inputs, outputs } = model.source;
    const embeddings = lookupsOf(model.graph);
    const ids = new Set(embeddings.map(({ input }) => input));
    const whole = embeddings.length > 0 && inputs.every((port) => !isFloatPort(port) || ids.has(port.name));
    const sources = whole ? embeddings.map(({ output }) => output) : [undefined];
    const floats = outputs.filter(isFloatPort);
    const meanings = floats.map(({ name }) => shownMeaning(model, name));
    const gradients = floats.flatMap(({ name }) => sources.map((wrt) => gradientCoverage(model, name, wrt)));
    const values = flags.values === true ? innerValues(model) : undefined;
    const { batch, device } = model;
    const explained = whole
      ? embeddings.map((each) => each.output)
      : inputs.filter(isFloatPort).map(({ name }) => name);
    const axes = floats.flatMap(({ name: output }) =>
      explained.flatMap((input) => batchAxes(model, { input, output }) ?? []),
    );
    return {
      ...about,
      inputs,
      outputs,
      batch,
      batchAxes: axes,
      device,
      embeddings,
      meanings,
      gradients,
      values,
    };
  } finally {
    await model.close();
  }
}

function innerValues({ graph }: Model): readonly InnerValue[] {
  const types = infer(graph);
  return graph.nodes.flatMap(({ op, outputs }) =>
    outputs.flatMap((name) => {
      const type = types.get(name);
      return type === undefined ? [] : [{ name, op, ...type }];
    }),
  );
}

function gradientCoverage(model: Model, of: string, wrt: string | undefined): GradientCoverage {
  const known = {
    of,
    wrt,
    logits: shownMeaning(model, of).logits?.value,
    random: randomOf(model, of),
  };
  try {
    const nodes = coverage(model.graph, { of, wrt });
    const missing = nodes.filter(({ status }) => status === 'refused' || status === 'unknown');
    return { ...known, nodes: nodes.length, missing, flat: flatOf(model, of, wrt) };
  } catch (error) {
    const { code, message } = failureOf(error);
    return { ...known, nodes: 0, missing: [], failure: { code, message } };
  }
}

function flatOf(model: Model, of: string, wrt: string | undefined): string | undefined {
  const input = wrt ?? model.graph.inputs.find(isFloatPort)?.name;
  const flatness = flatnessFor({ model, query: { output: of, input } });
  return flatness && flatText(flatness, { output: of, input });
}

function randomOf({ graph }: Model, of: string): readonly string[] | undefined {
  const draws = randomNodes(graph, of);
  return draws.length === 0 ? undefined : draws;
}

/** The inspection as lines of text. */
export function showInspection(found: Inspection): string {
  const port = ({ name, dtype, dims }: Port) => `${name}: ${dtype} [${dims?.join(', ') ?? '...'}]`;
  const counts = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .sort(([, a], [, b]) => b - a)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  const rows: readonly (readonly [string, string])[] = [
    ['file', `${found.file} (${formatBytes(found.bytes)})`],
    ['sha256', found.sha256],
    ...found.inputs.map((each) => ['input', port(each)] as const),
    ...(found.inputs.some(isFloatPort) ? [] : [['', WHOLE] as const]),
    ...found.outputs.map((each) => ['output', port(each)] as const),
    ['opset', counts(found.opsets)],
    ['operators', counts(found.ops)],
    ['parameters', found.parameters.toLocaleString('en')],
    ['batch', found.batch],
    ...found.batchAxes.map((each) => ['batch axis', batchLine(each)] as const),
    ['device', found.device],
    ...found.embeddings.map((each) => ['embedding', showEmbedding(each)] as const),
    ...found.meanings.flatMap(showMeaning),
    ...found.gradients.flatMap(showRandom),
    ...found.gradients.map((each) => ['gradient', showCoverage(each)] as const),
    ...(found.values ?? []).map((each) => ['value', `${port(each)} (${each.op})`] as const),
  ];
  return rows.map(([term, text]) => `${term.padEnd(11)} ${text}\n`).join('');
}

const WHOLE =
  'inputs are no floating point numbers and have no gradient; values inside do, from an embedding on';

const showEmbedding = ({ input, output, rows, width }: Lookup): string =>
  `of ${input}: ${output} (--wrt), rows of a table [${rows}, ${width}]`;

/** What an output holds, where its graph tells, and the value that holds its logits. */
function showMeaning({
  output,
  holds,
  evidence,
  logits,
}: ShownMeaning): readonly (readonly [string, string])[] {
  const kind = holds === 'unbounded' ? 'numbers of a regression' : holds;
  const held =
    evidence === undefined
      ? []
      : [['holds', `${output}: ${kind}, ${describeEvidence({ evidence })}`] as const];
  if (logits === undefined) return held;
  const { value, classes } = logits;
  const which =
    classes === 'same' ? '' : classes === 'other' ? ', with other classes' : `, of class ${classes} alone`;
  return [...held, ['logits', `of ${output}: ${value} (--output)${which}`]];
}

/** Once an output. */
function showRandom(
  { of, random }: GradientCoverage,
  i: number,
  all: readonly GradientCoverage[],
): readonly (readonly [string, string])[] {
  const again = all.findIndex((other) => other.of === of) < i;
  return random === undefined || again
    ? []
    : [['random', `${of}: drawn at ${listed(random)}, so that two runs differ`]];
}

function showCoverage(coverage: GradientCoverage): string {
  const { of, wrt, nodes, missing, failure, flat } = coverage;
  const which = wrt === undefined ? `of ${of}` : `of ${of} by ${wrt}`;
  if (failure !== undefined) return `${which}: ${failure.message}`;
  if (flat !== undefined) return flat;
  if (missing.length === 0) return `${which}: all ${nodes} nodes on the way have rules`;
  const lines = missing.map(
    ({ node, op, why, remedy }) =>
      `\n${' '.repeat(14)}${node} (${op}): ${[why, remedy].filter((text) => text !== undefined).join('. ')}`,
  );
  return `${which}: ${missing.length} of ${nodes} nodes have no rule${lines.join('')}`;
}
