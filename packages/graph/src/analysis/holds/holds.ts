import type { Graph, Node } from '../../ir/types.js';
import { siteOf, TOLERANCE } from './bounds.js';
import { type Logits, logitsBehind } from './logits.js';
import { anything } from './ranges.js';
import type { ValueFacts } from './shares.js';
import { rangeOfTargets } from './trees.js';

/** What the numbers of an output are to a link. */
export type Holds = 'logits' | 'probabilities' | 'log-probabilities';

/** What a graph tells of the numbers of an output. */
export interface HeldByGraph {
  /**
   * 'probabilities': in [0, 1] whatever goes in; 'log-probabilities': logarithms of such; 'regression': made by regressors of
   * ai.onnx.ml alone and not known to lie in [0, 1]; 'unknown': none of these, such as logits.
   */
  readonly holds: 'probabilities' | 'log-probabilities' | 'regression' | 'unknown';
  /** The node that shows it. */
  readonly by?: Node;
  /** What probabilities were made of, where a softmax or sigmoid of one value made them. */
  readonly logits?: Logits;
}

/**
 * Whether an output holds probabilities, found by the bounds of all values before it: numbers made by Softmax, Sigmoid, a classifier
 * of ai.onnx.ml, or by a spelling of these (x / sum(x), 1 / (1 + exp(-x)), exp(z - log(sum(exp(z))))), then moved, picked, clipped,
 * averaged, complemented or put together. Takes inner values too, graphs as they were read and graphs in canonical form. What only
 * a run can show, such as the bounds of a Loop, is 'unknown'.
 */
export function holdsOf(graph: Graph, output: string): HeldByGraph {
  const site = siteOf(graph);
  const { unit, log } = site.bounds(output);
  if (unit !== undefined) return { holds: 'probabilities', by: unit, logits: logitsBehind(output, site) };
  if (log !== undefined) return { holds: 'log-probabilities', by: log };
  const regressor = regressorOf(output, site);
  return regressor === undefined ? { holds: 'unknown' } : { holds: 'regression', by: regressor };
}

/** What a link takes an output for where nobody says: what the graph shows, and else logits. */
export function holdsOrLogits(graph: Graph, output: string): Holds {
  const { holds } = holdsOf(graph, output);
  return holds === 'probabilities' || holds === 'log-probabilities' ? holds : 'logits';
}

const REGRESSORS: ReadonlySet<string> = new Set(['LinearRegressor', 'SVMRegressor', 'TreeEnsembleRegressor']);
const ARRANGES: ReadonlySet<string> = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
]);

/** Operators that average, add or put together what several regressors give, as ensembles do. */
const COMBINES: ReadonlySet<string> = new Set(['Add', 'Concat', 'Div', 'Mean', 'Mul', 'Sub', 'Sum']);

/** A regressor that made a value, moved, or combined with constants and other regressors; undefined where something else has part in it. */
function regressorOf(name: string, site: ValueFacts): Node | undefined {
  const node = site.maker(name);
  if (node === undefined) return undefined;
  if (node.domain === 'ai.onnx.ml') return REGRESSORS.has(node.op) && !isInUnit(node) ? node : undefined;
  if (ARRANGES.has(node.op)) return regressorOf(node.inputs[0], site);
  if (node.domain !== '' || !COMBINES.has(node.op)) return undefined;
  const parts = node.inputs.filter((input) => !isConstant(input, site));
  const regressors = parts.map((input) => regressorOf(input, site));
  return regressors.includes(undefined) ? undefined : regressors[0];
}

/** What such a regressor gives is for a run to show. */
function isInUnit(node: Node): boolean {
  const [low, high] = rangeOfTargets(node) ?? anything;
  return low >= 0 && high <= 1 + TOLERANCE;
}

const isConstant = (name: string, site: ValueFacts): boolean =>
  site.maker(name) === undefined && Number.isFinite(site.bounds(name).low);
