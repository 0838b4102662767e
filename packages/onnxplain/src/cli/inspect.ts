import { type Coverage, coverage } from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { isFloatPort, type Model, type Port } from '@onnxplain/runtime';
import { openModel } from '../pipeline/model.js';
import { type Failure, failureOf } from './failure.js';
import type { CommonFlags } from './flags.js';

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
}

export interface GradientCoverage {
  readonly of: string;
  /** Nodes on the way. */
  readonly nodes: number;
  /** Those without a rule; none: the gradient can be taken. */
  readonly missing: readonly Coverage[];
  /** Why coverage could not be told. */
  readonly failure?: Pick<Failure, 'code' | 'message'>;
}

/** Opens a model and describes it, gradient coverage included. */
export async function inspect(path: string, flags: CommonFlags): Promise<Inspection> {
  const { model, about } = await openModel(path, flags);
  try {
    const { inputs, outputs } = model.source;
    const gradients = outputs.filter(isFloatPort).map(({ name }) => gradientCoverage(model, name));
    return { ...about, inputs, outputs, batch: model.batch, device: model.device, gradients };
  } finally {
    await model.close();
  }
}

function gradientCoverage(model: Model, of: string): GradientCoverage {
  try {
    const nodes = coverage(model.graph, { of });
    const missing = nodes.filter(({ status }) => status === 'refused' || status === 'unknown');
    return { of, nodes: nodes.length, missing };
  } catch (error) {
    const { code, message } = failureOf(error);
    return { of, nodes: 0, missing: [], failure: { code, message } };
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
    ...found.gradients.map((each) => ['gradient', showCoverage(each)] as const),
  ];
  return rows.map(([term, text]) => `${term.padEnd(11)} ${text}\n`).join('');
}

function showCoverage({ of, nodes, missing, failure }: GradientCoverage): string {
  if (failure !== undefined) return `of ${of}: ${failure.message}`;
  if (missing.length === 0) return `of ${of}: all ${nodes} nodes on the way have rules`;
  const lines = missing.map(
    ({ node, op, why, remedy }) => `\n${' '.repeat(14)}${node} (${op}): ${why} ${remedy ?? ''}`,
  );
  return `of ${of}: ${missing.length} of ${nodes} nodes have no rule${lines.join('')}`;
}
