import { builderOf } from '../builder/build.js';
import { type Calculus, calculus } from '../builder/calculus.js';
import type { Graph } from '../ir/types.js';
import { withBaseline } from '../prepare/with-baseline.js';
import { rowWise } from '../surgery/row-wise.js';
import { selected } from '../surgery/select.js';
import { type Ask, type Question, question } from './ask.js';
import { requireAllRules } from './coverage.js';
import type { Ends } from './path.js';
import { cotangentsOf, pullback } from './pullback.js';
import { requirePath } from './require-path.js';

/** A question with its backward pass; its graph has `target` and `score` where an entry of each row had to be picked. */
export interface Differentiated extends Question {
  /** Continues the graph. */
  readonly b: Calculus;
  /** Gradients by each value of `ends.wrt`. */
  readonly gradients: readonly string[];
}

/** The gradients of one number a row. */
export function differentiated(given: Graph, ask: Ask): Differentiated {
  const { graph: canonical, ends, lifted } = question(given, ask);
  requireKnownRank(canonical, ends);
  const { graph: scored, builder, score } = scoreOf(canonical, ends.of);
  const { graph, reference } = ends.rules.compares
    ? withBaseline(scored, ends.wrt)
    : { graph: scored, reference: undefined };
  const b = calculus(graph === scored ? builder : builderOf(graph));
  const path = { ...requirePath(graph, { ...ends, of: score }, b), reference };
  const seed = ends.rules.seed?.(b, score) ?? b.ones(score);
  const found = pullback(b, path, new Map([[score, seed]]));
  return { b, graph, ends, lifted, gradients: cotangentsOf(b, ends.wrt, found) };
}

/** An output of unknown rank is refused for what stands in the way of its gradient, where that is more than its rank. */
function requireKnownRank(graph: Graph, ends: Ends): void {
  const b = builderOf(graph);
  if (b.typeOf(ends.of)?.dims !== undefined) return;
  requireAllRules(graph, requirePath(graph, ends, b), b);
  b.dims(ends.of);
}

/** The graph with one number a row, the builder that continues it, and the number's name. */
function scoreOf(graph: Graph, of: string) {
  if (isScalar(graph, of)) return { graph, builder: builderOf(graph), score: of };
  const { graph: scored, builder } = selected(graph, { output: of });
  return { graph: scored, builder, score: scored.outputs.at(-1)?.name ?? of };
}

/** Whether it is one number, or one number a row: several of a row are regrouped to [N, ...] by `select`. */
function isScalar(graph: Graph, of: string): boolean {
  const dims = builderOf(graph).dims(of);
  if (dims.length !== 1) return dims.length === 0;
  return rowWise(graph, of, (name) => (name === of ? dims : builderOf(graph).typeOf(name)?.dims)) === of;
}
