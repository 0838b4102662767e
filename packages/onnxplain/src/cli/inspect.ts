import { type Coverage, coverage, infer, logitsOf } from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { isFloatPort, type Model, type Port } from '@onnxplain/runtime';
import { openModel } from '../pipeline/model.js';
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
  readonly device: string;
  readonly ops: Readonly<Record<string, number>>;
  /** Of every float output, by the only float input. */
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
  /** Nodes on the way. */
  readonly nodes: number;
  /** Those without a rule; none: the gradient can be taken. */
  readonly missing: readonly Coverage[];
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
    const gradients = outputs.filter(isFloatPort).map(({ name }) => gradientCoverage(model, name));
    const values = flags.values === true ? innerValues(model) : undefined;
    return { ...about, inputs, outputs, batch: model.batch, device: model.device, gradients, values };
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

function gradientCoverage(model: Model, of: string): GradientCoverage {
  const logits = logitsOf(model.graph, of);
  try {
    const nodes = coverage(model.graph, { of });
    const missing = nodes.filter(({ status }) => status === 'refused' || status === 'unknown');
    return { of, nodes: nodes.length, missing, logits };
  } catch (error) {
    const { code, message } = failureOf(error);
    return { of, nodes: 0, missing: [], logits, failure: { code, message } };
  }
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
    ...found.outputs.map((each) => ['output', port(each)] as const),
    ['opset', counts(found.opsets)],
    ['operators', counts(found.ops)],
    ['parameters', found.parameters.toLocaleString('en')],
    ['batch axis', found.batch],
    ['device', found.device],
    ...found.gradients.flatMap(showLogits),
    ...found.gradients.map((each) => ['gradient', showCoverage(each)] as const),
    ...(found.values ?? []).map((each) => ['value', `${port(each)} (${each.op})`] as const),
  ];
  return rows.map(([term, text]) => `${term.padEnd(11)} ${text}\n`).join('');
}

function showLogits({ of, logits }: GradientCoverage): readonly (readonly [string, string])[] {
  return logits === undefined ? [] : [['logits', `of ${of}: ${logits} (--output)`]];
}

function showCoverage({ of, nodes, missing, failure }: GradientCoverage): string {
  if (failure !== undefined) return `of ${of}: ${failure.message}`;
  if (missing.length === 0) return `of ${of}: all ${nodes} nodes on the way have rules`;
  const lines = missing.map(
    ({ node, op, why, remedy }) =>
      `\n${' '.repeat(14)}${node} (${op}): ${[why, remedy].filter((text) => text !== undefined).join('. ')}`,
  );
  return `of ${of}: ${missing.length} of ${nodes} nodes have no rule${lines.join('')}`;
}
