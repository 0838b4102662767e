import { counted } from '@onnxplain/core';
import type { Lookup, NotFinite } from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { type GraphMeaning, isFloatPort, type Port } from '@onnxplain/runtime';
import { listed } from '../pipeline/notices/text.js';
import { describeEvidence } from '../pipeline/query/describe-function.js';
import { batchLine } from './batch-lines.js';
import type { GradientCoverage, Inspection } from './inspection.js';

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
    ...(found.inputs.some(isFloatPort) ? [] : [['', withoutFloats(found.inputs)] as const]),
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

const withoutFloats = (inputs: readonly Port[]): string =>
  inputs.some(({ dtype }) => dtype === 'bfloat16') ? BFLOAT16 : WHOLE;

const BFLOAT16 =
  'numbers of type bfloat16 are neither fed nor read: export the model in float32 or float16, whose kernels ONNX Runtime has';

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
