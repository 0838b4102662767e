import { fail } from '@onnxplain/core';
import { type Ask, question } from './ask.js';
import { builderOf } from './build.js';
import type { Builder } from './builder.js';
import { requireRules } from './coverage.js';
import { finish, labelsOf, record } from './finish.js';
import { type Ends, type Path, pathOf } from './path.js';
import { pullback } from './pullback.js';
import { type Calculus, calculus } from './rules/calculus.js';
import { rowWise } from './transform/row-wise.js';
import { selected } from './transform/select.js';
import { withBaseline } from './transform/with-baseline.js';
import type { Graph, Value } from './types.js';

export interface GradOptions extends Ask {
  /** Outputs to keep beside the gradient; `score` is the selected one. Default: `of`. */
  readonly keep?: readonly string[];
}

/**
 * The graph that computes d of / d wrt: the original inputs, the outputs in `keep`, and `gradient` with the shape of wrt
 * (`gradient/NAME` each when wrt has several names). It is an ordinary graph, so it can be differentiated again.
 *
 * Rows of `of` are taken to be independent: with one number a row ([N]), or one in all, each row's gradient is its own. Any other
 * output gets an input `target` (int64, [N]) that picks the entry of each row to differentiate (`select`). A
 * constant's gradient is summed over the rows. Names that the graph has already are numbered.
 *
 * Throws `op-unknown` or `op-no-gradient` for a node on the way without a rule (`coverage` lists them beforehand),
 * `no-gradient` when `of` does not depend on wrt, `output-unclear`, `value-unknown`, `type-mismatch` for what cannot be asked,
 * `not-applicable` for a constant of a gradient graph that the first derivative was not taken by.
 */
export function grad(graph: Graph, options: GradOptions = {}): Graph {
  const { b, source, ends, lifted, gradients } = differentiated(graph, options);
  const names = labelsOf(source, 'gradient', ends.wrt);
  return finish(b, {
    inputs: source.inputs,
    kept: (options.keep ?? [ends.of]).map((name) => outputOf(source, name)),
    results: names.map((name, i) => ({ name, value: gradients[i], like: ends.wrt[i] })),
    lifted,
    metadata: { ...graph.metadata, ...record(ends) },
  });
}

/** A graph with its backward pass behind it. */
export interface Differentiated {
  readonly b: Calculus;
  /** The canonical graph, with `target` and `score` where an entry of each row had to be picked. */
  readonly source: Graph;
  readonly ends: Ends;
  readonly lifted: Graph['constants'];
  /** Gradients by each value of `ends.wrt`. */
  readonly gradients: readonly string[];
}

/** The gradients of one number a row. */
export function differentiated(graph: Graph, ask: Ask): Differentiated {
  const { graph: canonical, ends, lifted } = question(graph, ask);
  const { graph: scored, builder, score } = scoreOf(canonical, ends.of);
  const { graph: source, reference } = ends.rules.compares
    ? withBaseline(scored, ends.wrt)
    : { graph: scored, reference: undefined };
  const b = calculus(source === scored ? builder : builderOf(source));
  const path = { ...requirePath(source, { ...ends, of: score }, b), reference };
  const seed = ends.rules.seed?.(b, score) ?? b.ones(score);
  const cotangents = pullback(b, path, new Map([[score, seed]]));
  return {
    b,
    source,
    ends,
    lifted,
    gradients: ends.wrt.map((name) => cotangents.get(name) ?? b.zeros(name)),
  };
}

/** The graph with one number a row, the builder that continues it, and the number's name. */
function scoreOf(graph: Graph, of: string) {
  if (isScalar(graph, of)) return { graph, builder: builderOf(graph), score: of };
  const { graph: scored, builder } = selected(graph, { output: of });
  return { graph: scored, builder, score: scored.outputs.at(-1)?.name ?? of };
}

/** The way between the ends; throws where there is none, or one without rules. */
export function requirePath(graph: Graph, ends: Ends, b: Builder): Path {
  const path = pathOf(graph, ends, b);
  requireDependence(path, ends);
  requireRules(graph, path);
  return path;
}

/** Refuses rules that need more than the graph to go backward through it. */
export function requirePlain(what: string, { rules }: Ask): void {
  if (rules?.compares !== true) return;
  fail({
    code: 'not-applicable',
    where: what,
    expected: 'rules that see the graph only',
    got: `${rules.name ?? 'rules'}, which compare with a baseline`,
    remedy: 'Use grad, or other rules.',
  });
}

/** Whether it is one number, or one number a row: several of a row are regrouped to [N, ...] by `select`. */
function isScalar(graph: Graph, of: string): boolean {
  const dims = graph.outputs.find(({ name }) => name === of)?.dims ?? builderOf(graph).dims(of);
  if (dims.length !== 1) return dims.length === 0;
  return rowWise(graph, of, (name) => (name === of ? dims : builderOf(graph).typeOf(name)?.dims)) === of;
}

function requireDependence({ apart }: Path, { of, wrt }: Ends): void {
  if (apart.length === 0) return;
  fail({
    code: 'no-gradient',
    where: `output "${of}"`,
    expected: `to depend on ${wrt.join(', ')}`,
    got: `nothing of ${apart.join(', ')} in it`,
    remedy: 'Choose another output or another value to differentiate by.',
  });
}

/** An output by name. Throws `value-unknown`. */
export function outputOf(graph: Graph, name: string): Value {
  const found = graph.outputs.find((value) => value.name === name);
  if (found !== undefined) return found;
  const names = graph.outputs.map((value) => value.name).join(', ');
  return fail({
    code: 'value-unknown',
    where: 'grad, option `keep`',
    expected: `outputs: ${names}`,
    got: `"${name}"`,
  });
}
