import { opsIn } from '../../ir/ops.js';
import type { Graph, Node } from '../../ir/types.js';
import { rangeOfTargets } from './learner-ranges.js';
import { type Logits, logitsBehind } from './logits.js';
import { anything } from './range-rules.js';
import type { ValueFacts } from './softmax-formulas.js';
import { TOLERANCE, valueFactsOf } from './value-bounds.js';

/** What the numbers of an output are. A link needs to know it. */
export type OutputKind = 'logits' | 'probabilities' | 'log-probabilities';

/** What a graph shows of the numbers of an output. */
export interface ShownOutputKind {
  /**
   * 'probabilities': in [0, 1] for every input; 'log-probabilities': logarithms of such; 'regression': computed by regressors of
   * ai.onnx.ml alone, and not known to lie in [0, 1]; 'unknown': none of these, for example logits.
   */
  readonly holds: 'probabilities' | 'log-probabilities' | 'regression' | 'unknown';
  /** The node that shows it; undefined for 'unknown'. */
  readonly by?: Node;
  /** The logits of probabilities, where a softmax or sigmoid of one value computed them. */
  readonly logits?: Logits;
}

/**
 * Finds out what an output or inner value holds, from the bounds of all values before it. Probabilities come from Softmax, Sigmoid, a
 * classifier of ai.onnx.ml, or an equivalent formula (x / sum(x), 1 / (1 + exp(-x)), exp(z - log(sum(exp(z))))); they may then be moved,
 * selected, clipped, averaged, complemented or joined. Takes graphs as they were read and graphs in canonical form. What only a run can
 * show, such as the bounds of a Loop, is 'unknown'.
 */
export function outputKindOf(graph: Graph, output: string): ShownOutputKind {
  const facts = valueFactsOf(graph);
  const { unit, log } = facts.bounds(output);
  if (unit !== undefined) return { holds: 'probabilities', by: unit, logits: logitsBehind(output, facts) };
  if (log !== undefined) return { holds: 'log-probabilities', by: log };
  const regressor = regressorOf(output, facts);
  return regressor === undefined ? { holds: 'unknown' } : { holds: 'regression', by: regressor };
}

/** Returns what the graph shows that an output holds, and logits where it shows nothing: the default of a link. */
export function outputKindOrLogits(graph: Graph, output: string): OutputKind {
  const { holds } = outputKindOf(graph, output);
  return holds === 'probabilities' || holds === 'log-probabilities' ? holds : 'logits';
}

const REGRESSORS: ReadonlySet<string> = new Set(['LinearRegressor', 'SVMRegressor', 'TreeEnsembleRegressor']);
/** Operators that keep all elements and their order. */
const KEEPS_ORDER: ReadonlySet<string> = new Set([...opsIn('reshape'), 'Identity', 'Cast']);

/** Operators by which ensembles average, add or join the outputs of several regressors. */
const COMBINES: ReadonlySet<string> = new Set(['Add', 'Concat', 'Div', 'Mean', 'Mul', 'Sub', 'Sum']);

/** Returns a regressor that computed a value alone or together with constants and other regressors; undefined for other values. */
function regressorOf(name: string, facts: ValueFacts): Node | undefined {
  const node = facts.producer(name);
  if (node === undefined) return undefined;
  if (node.domain === 'ai.onnx.ml')
    return REGRESSORS.has(node.op) && !isInUnitInterval(node) ? node : undefined;
  if (KEEPS_ORDER.has(node.op)) return regressorOf(node.inputs[0], facts);
  if (node.domain !== '' || !COMBINES.has(node.op)) return undefined;
  const parts = node.inputs.filter((input) => !isConstant(input, facts));
  const regressors = parts.map((input) => regressorOf(input, facts));
  return regressors.includes(undefined) ? undefined : regressors[0];
}

/** Whether the leaves keep a regressor in [0, 1]. Such an output may be a probability, which only a run can show. */
function isInUnitInterval(node: Node): boolean {
  const [low, high] = rangeOfTargets(node) ?? anything;
  return low >= 0 && high <= 1 + TOLERANCE;
}

const isConstant = (name: string, facts: ValueFacts): boolean =>
  facts.producer(name) === undefined && Number.isFinite(facts.bounds(name).low);
