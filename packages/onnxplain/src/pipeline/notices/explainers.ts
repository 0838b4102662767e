import { type Explainer, OnnxplainError } from '@onnxplain/core';
import { coverage, type Flatness, flatnessOf, rectifiersOf } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import { listed } from './text.js';

/** Which output is explained at which value. */
interface ExplainedPorts {
  readonly output?: string;
  readonly input?: string;
}

/** What explainers explain. */
export interface ExplainerSubject {
  readonly model: Model;
  readonly query: ExplainedPorts;
  readonly explainers: readonly Pick<Explainer, 'expression'>[];
}

/** Explainers that use derivatives by the input, by the names in their expressions. */
const DERIVATIVES: ReadonlySet<string> = new Set([
  'deconvolution', 'deep-lift', 'expected-gradients', 'gradient', 'guided-backprop', 'integrated-gradients', 'lrp', 'path-gradient',
]); // biome-ignore format: one family

/** Explainers that change the backward pass at rectifiers. */
const RECTIFYING: ReadonlySet<string> = new Set(['deconvolution', 'guided-backprop']);

/** Warns of explainers that mean little on this graph, before anything runs. */
export function explainerNotices(subject: ExplainerSubject): readonly string[] {
  return [...flatNotices(subject), ...rectifierNotices(subject)];
}

/** Returns the expressions of explainers that can only give zeros, because the output has derivative 0 by the input. */
export function flatExplainers(subject: ExplainerSubject): readonly string[] {
  const known = naming(subject, DERIVATIVES);
  return known.length > 0 && flatnessFor(subject) !== undefined ? known : [];
}

/**
 * Returns why a model's output has derivative 0 by an input or inner value; undefined where it has a derivative, or where a node on the
 * way, such as QuantizeLinear, has no rule: methods that use derivatives then fail by the name of that node, with another remedy.
 */
export function flatnessFor({
  model,
  query: { output, input },
}: Pick<ExplainerSubject, 'model' | 'query'>): Flatness | undefined {
  const ports = { of: output, wrt: input };
  return unlessRefused(() => (hasRules(model, ports) ? flatnessOf(model.graph, ports) : undefined));
}

const hasRules = ({ graph }: Model, ports: { of?: string; wrt?: string }): boolean =>
  coverage(graph, ports).every(({ status }) => status === 'rule' || status === 'zero');

/** Says that an output has derivative 0, why, and what to do. */
export function flatText({ nodes, embedding }: Flatness, { output, input }: ExplainedPorts): string {
  const remedy =
    embedding === undefined
      ? ''
      : `at the embedding (--wrt "${embedding}" with --input "${input}=FILE"), or `;
  return `"${output}" has derivative 0 by "${input}" everywhere: every way ends at ${listed(nodes)}; explain ${remedy}with occlusion or optimal, which need no derivative (in the library also difference(score))`;
}

function flatNotices(subject: ExplainerSubject): readonly string[] {
  const known = naming(subject, DERIVATIVES);
  const flatness = known.length === 0 ? undefined : flatnessFor(subject);
  return flatness === undefined
    ? []
    : [`${flatText(flatness, subject.query)}; ${listed(known)} can only give zeros`];
}

function rectifierNotices(subject: ExplainerSubject): readonly string[] {
  const known = naming(subject, RECTIFYING);
  if (known.length === 0) return [];
  const { model, query } = subject;
  const found = unlessRefused(() => rectifiersOf(model.graph, { of: query.output, wrt: query.input }));
  if (found === undefined || found.length > 0) return [];
  return [
    `there is no rectifier between "${query.input}" and "${query.output}": ${listed(known)} equals the gradient; these methods are made for networks of Relu`,
  ];
}

/** The expressions of explainers that hold one of the names. */
const naming = ({ explainers }: ExplainerSubject, names: ReadonlySet<string>): readonly string[] =>
  explainers
    .map(({ expression }) => expression)
    .filter((expression) => (expression.match(/[\w-]+/g) ?? []).some((word) => names.has(word)));

/** Returns undefined where `find` is refused: the same refusal, with its reason, comes from the gradient itself. */
function unlessRefused<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof OnnxplainError) return undefined;
    throw error;
  }
}
