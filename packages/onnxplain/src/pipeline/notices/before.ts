import { type Explainer, OnnxplainError } from '@onnxplain/core';
import { coverage, type Flatness, flatnessOf, rectifiersOf } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import type { QueryOptions } from '../scored-input.js';
import { listed } from './where.js';

/** What explainers are to explain. */
export interface Explaining {
  readonly model: Model;
  readonly asked: Pick<QueryOptions, 'output' | 'input'>;
  readonly explainers: readonly Pick<Explainer, 'expression'>[];
}

/** Explainers that are made of derivatives by the input, by the names in their expressions. */
const DERIVATIVES: ReadonlySet<string> = new Set([
  'deconvolution', 'deep-lift', 'gradient', 'guided-backprop', 'integrated-gradients', 'lrp', 'path-gradient',
]); // biome-ignore format: one family

const RECTIFYING: ReadonlySet<string> = new Set(['deconvolution', 'guided-backprop']);

/** What the graph alone tells of these explainers, before anything runs: a sentence each. */
export function noticesBefore(explaining: Explaining): readonly string[] {
  return [...flatNotices(explaining), ...rectifierNotices(explaining)];
}

/** The explainers that can only give zeros, because the output does not depend on the input in a way that has a derivative. */
export function flatExplainers(explaining: Explaining): readonly string[] {
  const known = naming(explaining, DERIVATIVES);
  return known.length > 0 && flatnessFor(explaining) !== undefined ? known : [];
}

/**
 * Of a model's output by an input or inner value; undefined where it has a derivative, or cannot be asked for one: a node without a rule
 * on the way, such as QuantizeLinear, makes methods of derivatives fail by its name, with another remedy.
 */
export function flatnessFor({
  model,
  asked: { output, input },
}: Pick<Explaining, 'model' | 'asked'>): Flatness | undefined {
  const ask = { of: output, wrt: input };
  return askable(() => (hasRules(model, ask) ? flatnessOf(model.graph, ask) : undefined));
}

const hasRules = ({ graph }: Model, ask: { of?: string; wrt?: string }): boolean =>
  coverage(graph, ask).every(({ status }) => status === 'rule' || status === 'zero');

/** "the output "y" has no derivative by "x": ...": what a model's flatness means, and what to do. */
export function flatText(
  { nodes, embedding }: Flatness,
  { output, input }: Pick<QueryOptions, 'output' | 'input'>,
): string {
  const remedy =
    embedding === undefined
      ? ''
      : `at the embedding (--wrt "${embedding}" with --input "${input}=FILE"), or `;
  return `"${output}" has derivative 0 by "${input}" everywhere: every way ends at ${listed(nodes)}; explain ${remedy}with occlusion or optimal, which need no derivative (in the library also difference(score))`;
}

function flatNotices(explaining: Explaining): readonly string[] {
  const known = naming(explaining, DERIVATIVES);
  const flatness = known.length === 0 ? undefined : flatnessFor(explaining);
  return flatness === undefined
    ? []
    : [`${flatText(flatness, explaining.asked)}; ${listed(known)} can only give zeros`];
}

function rectifierNotices(explaining: Explaining): readonly string[] {
  const known = naming(explaining, RECTIFYING);
  if (known.length === 0) return [];
  const { model, asked } = explaining;
  const found = askable(() => rectifiersOf(model.graph, { of: asked.output, wrt: asked.input }));
  if (found === undefined || found.length > 0) return [];
  return [
    `there is no rectifier between "${asked.input}" and "${asked.output}": ${listed(known)} equals the gradient; these methods are made for networks of Relu`,
  ];
}

const naming = ({ explainers }: Explaining, names: ReadonlySet<string>): readonly string[] =>
  explainers
    .map(({ expression }) => expression)
    .filter((expression) => (expression.match(/[\w-]+/g) ?? []).some((word) => names.has(word)));

/** What cannot be asked is refused, with its reason, by whoever asks for the gradient itself. */
function askable<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof OnnxplainError) return undefined;
    throw error;
  }
}
