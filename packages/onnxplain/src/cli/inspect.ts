import { counted } from '@onnxplain/core';
import {
  type Coverage,
  coverage,
  grad as gradOf,
  infer,
  type Lookup,
  lookupsOf,
  type NotFinite,
  notFiniteConstants,
  randomNodes,
} from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { type GraphMeaning, graphMeaning, isFloatPort, type Model, type Port } from '@onnxplain/runtime';
import { openModel } from '../pipeline/model.js';
import { flatnessFor, flatText } from '../pipeline/notices/explainers.js';
import { listed } from '../pipeline/notices/text.js';
import { describeEvidence } from '../pipeline/query/describe-function.js';
import { gradientSources, onlySource } from '../pipeline/read/gradient-sources.js';
import { type BatchAxes, batchAxes, batchLine } from './batch-lines.js';
import { type Failure, failureOf } from './failure.js';
import type { ModelFlags } from './flags.js';
import { fileOptions } from './model-flags.js';

/** The result of `inspect`. */
export interface Inspection {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly parameters: number;
  /** The constants of the file that hold numbers that are not finite, with how many; absent where there are none. */
  readonly notFinite?: readonly NotFinite[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** How the rows of a batch are run: see `Model.batch`. */
  readonly batch: string;
  /** One for each float output and each float input; in models without float inputs, for each float output and each embedding. */
  readonly batchAxes: readonly BatchAxes[];
  readonly device: string;
  readonly ops: Readonly<Record<string, number>>;
  /** The embeddings that integer inputs look up: the values by which the outputs of such models can be differentiated. */
  readonly embeddings: readonly Lookup[];
  /** What each float output holds, by the graph alone. (`explain` also runs the model to find out.) */
  readonly meanings: readonly GraphMeaning[];
  /** One for each float output, by each float input, or by each embedding in models without, or by each value of --wrt. */
  readonly gradients: readonly GradientCoverage[];
  /** The outputs of all nodes, in order, without those whose type is not known; absent without the flag --values. */
  readonly values?: readonly InnerValue[];
}

export interface InspectFlags extends ModelFlags {
  readonly values?: boolean;
  readonly wrt?: readonly string[];
}

/** A value inside the model. Its name is what --output, --wrt and the layers of explainers take. */
export interface InnerValue extends Port {
  readonly op: string;
}

export interface GradientCoverage {
  readonly of: string;
  /** The value by which `of` is differentiated; absent: the only float input. */
  readonly wrt?: string;
  /** How many nodes are between `wrt` and `of`. */
  readonly nodes: number;
  /** Those of them that have no backward rule; empty where the gradient can be computed. */
  readonly missing: readonly Coverage[];
  /** Why this gradient is 0 for every input; absent where it is not known to be 0. */
  readonly flat?: string;
  /** Nodes before this output that draw random numbers; absent where there are none. */
  readonly random?: readonly string[];
  /** The value of which a Softmax or Sigmoid makes this output. */
  readonly logits?: string;
  /** Why `grad` refuses it, where no node that lacks a rule is the reason. */
  readonly failure?: Pick<Failure, 'code' | 'message'>;
}

/** Opens a model and describes it, gradient coverage included. */
export async function inspect(path: string, flags: InspectFlags): Promise<Inspection> {
  const { model, about } = await openModel(path, { ...flags, ...fileOptions(flags) });
  try {
    const { inputs, outputs } = model.source;
    const embeddings = lookupsOf(model.graph);
    const explained = flags.wrt ?? gradientSources(model);
    const floats = outputs.filter(isFloatPort);
    const meanings = floats.map(({ name }) => graphMeaning(model, name));
    const isDefault = flags.wrt === undefined && explained.length < 2 && embeddings.length === 0;
    const sources = isDefault ? [undefined] : explained;
    const gradients = floats.flatMap(({ name }) => sources.map((wrt) => gradientCoverage(model, name, wrt)));
    const values = flags.values === true ? innerValues(model) : undefined;
    const { batch, device } = model;
    const notFinite = notFiniteConstants(model.source);
    const axes = floats.flatMap(({ name: output }) =>
      explained.flatMap((input) => batchAxes(model, { input, output }) ?? []),
    );
    return {
      ...about,
      ...(notFinite.length > 0 && { notFinite }),
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
    logits: graphMeaning(model, of).logits?.value,
    random: randomOf(model, of),
  };
  try {
    const ends = { of, wrt: wrt ?? onlySource(model) };
    const refused = refusalOf(() => gradOf(model.graph, ends));
    const nodes = coverage(model.graph, ends);
    const uncovered = nodes.filter(({ status }) => status === 'refused' || status === 'unknown');
    const missing = refused === undefined ? [] : uncovered;
    const failure = missing.length === 0 ? refused : undefined;
    return {
      ...known,
      nodes: nodes.length,
      missing,
      flat: flatOf(model, of, wrt),
      ...(failure && { failure }),
    };
  } catch (error) {
    return { ...known, nodes: 0, missing: [], failure: refusalFrom(error) };
  }
}

/** Calls a function and returns the error that it throws; undefined where it throws none. */
function refusalOf(call: () => unknown): GradientCoverage['failure'] {
  try {
    call();
    return undefined;
  } catch (error) {
    return refusalFrom(error);
  }
}

function refusalFrom(error: unknown): GradientCoverage['failure'] {
  const { code, message } = failureOf(error);
  return { code, message };
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

/** Formats the inspection as lines of text. */
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
    ...(found.notFinite ?? []).map((each) => ['not finite', showNotFinite(each)] as const),
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
  'inputs are not floating point numbers and have no gradient; embeddings and the values computed from them have one';

const showNotFinite = ({ name, nan, infinite }: NotFinite): string =>
  `${name} holds ${[...(nan > 0 ? [`${nan} NaN`] : []), ...(infinite > 0 ? [counted(infinite, 'infinite number')] : [])].join(' and ')}`;

const showEmbedding = ({ input, output, rows, width }: Lookup): string =>
  `of ${input}: ${output} (--wrt), rows of a table [${rows}, ${width}]`;

/** Formats what an output holds, where the graph tells it, and the name of the value that holds its logits. */
function showMeaning({
  output,
  holds,
  evidence,
  logits,
}: GraphMeaning): readonly (readonly [string, string])[] {
  const kind = holds === 'unbounded' ? 'numbers of a regression' : holds;
  const meaning =
    evidence === undefined
      ? []
      : [['holds', `${output}: ${kind}, ${describeEvidence({ evidence })}`] as const];
  if (logits === undefined) return meaning;
  const { value, classes } = logits;
  const which =
    classes === 'same' ? '' : classes === 'other' ? ', with other classes' : `, of class ${classes} alone`;
  return [...meaning, ['logits', `of ${output}: ${value} (--output)${which}`]];
}

/** Formats the nodes that draw random numbers, once for each output. */
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
  if (missing.length === 0)
    return `${which}: ${nodes === 1 ? 'the only node on the way has a rule' : `all ${nodes} nodes on the way have rules`}`;
  const lines = missing.map(
    ({ node, op, why, remedy }) =>
      `\n${' '.repeat(14)}${node} (${op}): ${[why, remedy].filter((text) => text !== undefined).join('. ')}`,
  );
  return `${which}: ${missing.length} of ${counted(nodes, 'node')} ${missing.length === 1 ? 'has' : 'have'} no rule${lines.join('')}`;
}
