import type { Graph, Node } from '../../ir/types.js';
import { siteOf } from './bounds.js';
import { type Logits, logitsBehind } from './logits.js';

/** What the numbers of an output are to a link. */
export type Holds = 'logits' | 'probabilities' | 'log-probabilities';

/** What a graph tells of the numbers of an output. */
export interface HeldByGraph {
  /**
   * 'probabilities': in [0, 1] whatever goes in; 'log-probabilities': logarithms of such; 'regression': made by a regressor of
   * ai.onnx.ml and not bounded; 'unknown': none of these, such as logits.
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
  const regressor = behindMoves(output, (name) => site.maker(name));
  return regressor?.domain === 'ai.onnx.ml' && REGRESSORS.has(regressor.op)
    ? { holds: 'regression', by: regressor }
    : { holds: 'unknown' };
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

/** The node that computed what a value holds. */
function behindMoves(name: string, maker: (name: string) => Node | undefined): Node | undefined {
  const node = maker(name);
  return node !== undefined && ARRANGES.has(node.op) ? behindMoves(node.inputs[0], maker) : node;
}
