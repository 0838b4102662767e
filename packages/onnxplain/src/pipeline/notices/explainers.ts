import { type Explainer, OnnxplainError } from '@onnxplain/core';
import { coverage, type Flatness, flatnessOf, rectifiersOf } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import { listed } from './text.js';

/** The explained output, and the input or inner value at which it is explained. */
interface ExplainedPorts {
  readonly output?: string;
  readonly input?: string;
}

/** A model, a query and the explainers that run on them. */
export interface ExplainerRun {
  readonly model: Model;
  readonly query: ExplainedPorts;
  readonly explainers: readonly Pick<Explainer, 'expression'>[];
  /** {@link flatnessFor} of the model and the query; both kinds of notices need it. */
  readonly flatness: () => Flatness | undefined;
}

/** Names of the explainers that use derivatives by the input. */
const DERIVATIVES: ReadonlySet<string> = new Set([
  'deconvolution', 'deep-lift', 'expected-gradients', 'gradient', 'guided-backprop', 'integrated-gradients', 'lrp', 'path-gradient',
]); // biome-ignore format: one family

/** Names of the explainers that change the backward pass at rectifiers. */
const RECTIFYING: ReadonlySet<string> = new Set(['deconvolution', 'guided-backprop']);

/** Warns of explainers whose results mean little on this graph. Runs nothing. */
export function explainerNotices(run: ExplainerRun): readonly string[] {
  return [...flatNotices(run), ...rectifierNotices(run), ...repeatedNotices(run)];
}

/** Warns of explainers that are named more than once. */
function repeatedNotices({ explainers }: ExplainerRun): readonly string[] {
  const expressions = explainers.map(({ expression }) => expression);
  const repeated = expressions.filter((each, i) => expressions.indexOf(each) < i);
  return [...new Set(repeated)].map((each) => {
    const times = expressions.filter((other) => other === each).length;
    return `${each} is there ${times} times: the results are the same, and tied`;
  });
}

/** Returns the expressions of explainers that can only give zeros, because the output has derivative 0 by the input. */
export function flatExplainers(run: ExplainerRun): readonly string[] {
  const known = naming(run, DERIVATIVES);
  return known.length > 0 && run.flatness() !== undefined ? known : [];
}

/**
 * Returns why a model's output has derivative 0 by an input or inner value. Returns undefined where the derivative is not 0, and where a
 * node between them, such as QuantizeLinear, has no rule: methods that use derivatives then throw an error that names the node.
 */
export function flatnessFor({
  model,
  query: { output, input },
}: Pick<ExplainerRun, 'model' | 'query'>): Flatness | undefined {
  const ports = { of: output, wrt: input };
  return unlessRefused(() => (hasRules(model, ports) ? flatnessOf(model.graph, ports) : undefined));
}

const hasRules = ({ graph }: Model, ports: { of?: string; wrt?: string }): boolean =>
  coverage(graph, ports).every(({ status }) => status === 'rule' || status === 'zero');

/** Formats the notice that an output has derivative 0, with the nodes that cause it and a remedy. */
export function flatText({ nodes, embedding }: Flatness, { output, input }: ExplainedPorts): string {
  const remedy =
    embedding === undefined
      ? ''
      : `at the embedding (--wrt "${embedding}" with --input "${input}=FILE"), or `;
  return `"${output}" has derivative 0 by "${input}" everywhere: every path ends at ${listed(nodes)}; explain ${remedy}with occlusion or optimal, which need no derivative (in the library also difference(score))`;
}

function flatNotices(run: ExplainerRun): readonly string[] {
  const known = naming(run, DERIVATIVES);
  const flatness = known.length === 0 ? undefined : run.flatness();
  return flatness === undefined
    ? []
    : [`${flatText(flatness, run.query)}; ${listed(known)} can only give zeros`];
}

function rectifierNotices(run: ExplainerRun): readonly string[] {
  const known = naming(run, RECTIFYING);
  if (known.length === 0) return [];
  const { model, query } = run;
  const found = unlessRefused(() => rectifiersOf(model.graph, { of: query.output, wrt: query.input }));
  if (found === undefined || found.length > 0) return [];
  return [
    `there is no rectifier between "${query.input}" and "${query.output}": ${listed(known)} equals the gradient; these methods are made for networks of Relu`,
  ];
}

/** Returns the expressions that contain one of the names. */
const naming = ({ explainers }: ExplainerRun, names: ReadonlySet<string>): readonly string[] =>
  explainers
    .map(({ expression }) => expression)
    .filter((expression) => (expression.match(/[\w-]+/g) ?? []).some((word) => names.has(word)));

/** Calls `find`. Returns undefined if it throws an error of onnxplain: computing the gradient throws the same error. */
function unlessRefused<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof OnnxplainError) return undefined;
    throw error;
  }
}
