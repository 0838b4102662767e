import { own } from '@onnxplain/core';
import { constantNodesToInitialisers } from '../../canonical/constant-nodes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Constant, Graph, Node } from '../../ir/types.js';
import { producersOf } from '../../ir/walk.js';
import { eliminateCommonSubexpressions } from '../../rewrite/common-subexpressions.js';
import { inline } from '../../rewrite/inline.js';
import { rangeOfLearner } from './learner-ranges.js';
import { anything, type Bounds, PASS_THROUGH, RANGES, type Range } from './range-rules.js';
import { normalisedByLogSum, normalisedBySum, type ValueFacts } from './softmax-formulas.js';

/** Tolerance for the rounding of float32 sums: 1/3 + 1/3 + 1/3 is 1 + 1e-7. */
export const TOLERANCE = 1e-4;
/** Constants with more elements are not searched for their extremes. */
const LARGEST_CONSTANT = 2 ** 14;
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx.ml']);
const UNBOUNDED: Bounds = { low: anything[0], high: anything[1] };

const cache = new WeakMap<Graph, ValueFacts>();

/**
 * Returns the producers and bounds of a graph's values, computed once for each graph. Equal nodes are merged first, so that
 * exp(z) / sum(exp(z)) is recognised where a file computes exp(z) twice.
 */
export function valueFactsOf(graph: Graph): ValueFacts {
  const found =
    cache.get(graph) ??
    computeFacts(eliminateCommonSubexpressions(constantNodesToInitialisers(inline(graph))));
  cache.set(graph, found);
  return found;
}

function computeFacts({ nodes, constants }: Graph): ValueFacts {
  const producers = producersOf(nodes);
  const found = new Map<string, Bounds>();
  const facts: ValueFacts = {
    producer: (name) => producers.get(name),
    bounds(name) {
      const constant = found.has(name) ? undefined : constants.get(name);
      if (constant !== undefined) found.set(name, boundsOfConstant(constant));
      return found.get(name) ?? UNBOUNDED;
    },
  };
  for (const node of nodes) {
    const bounds = boundsOf(node, facts);
    if (bounds !== UNBOUNDED) for (const name of boundedOutputs(node)) found.set(name, bounds);
  }
  return facts;
}

/** Returns the outputs that the bounds of a node apply to, without indices and labels. */
function boundedOutputs({ op, domain, outputs }: Node): readonly string[] {
  if (op === 'Split') return outputs;
  return domain === 'ai.onnx.ml' ? outputs.slice(-1) : outputs.slice(0, 1);
}

function boundsOfConstant(constant: Constant): Bounds {
  if (constant.dtype === 'string' || constant.data.length > LARGEST_CONSTANT) return UNBOUNDED;
  const numbers = numbersOf(constant);
  return numbers.length === 0 ? UNBOUNDED : { low: Math.min(...numbers), high: Math.max(...numbers) };
}

function boundsOf(node: Node, facts: ValueFacts): Bounds {
  const [first = ''] = node.inputs;
  if (!DOMAINS.has(node.domain)) return UNBOUNDED;
  if (PASS_THROUGH.has(node.op)) return isLookup(node, facts) ? UNBOUNDED : facts.bounds(first);
  if (normalisedBySum(node, facts) !== undefined) return { low: 0, high: 1, unit: node };
  const range = rangeOf(node, facts);
  if (range === undefined || range.some(Number.isNaN)) return UNBOUNDED;
  const [low, high] = range;
  const clipped = isClipped(node, { low, high }, facts);
  const unit = isInUnitInterval({ low, high }) ? unitSource(node, clipped, facts) : undefined;
  return { low, high, unit, clipped: clipped && unit === undefined, log: logSource(node, facts) };
}

const GATHERS: ReadonlySet<string> = new Set([
  'ArrayFeatureExtractor',
  'Gather',
  'GatherElements',
  'GatherND',
]);

/** Whether a node gathers from a constant: targets of a nearest-neighbour regressor may lie in [0, 1] by chance. */
const isLookup = ({ op, inputs }: Node, facts: ValueFacts): boolean =>
  GATHERS.has(op) && facts.producer(inputs[0]) === undefined;

const isInUnitInterval = ({ low, high }: Bounds): boolean => low >= -TOLERANCE && high <= 1 + TOLERANCE;

function rangeOf(node: Node, facts: ValueFacts): Range | undefined {
  if (normalisedByLogSum(node, facts) !== undefined) return [Number.NEGATIVE_INFINITY, 0];
  if (node.domain === 'ai.onnx.ml') return rangeOfLearner(node);
  const inputs = node.inputs.map((name): Range => {
    const { low, high } = facts.bounds(name);
    return [low, high];
  });
  return own(RANGES, node.op)?.(inputs, node);
}

/** Operators whose output lies in [0, 1] for every input. */
const SQUASHES: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid', 'Softmax', 'Hardmax']);

/** The inputs whose numbers go into the output, for operators that also read bounds or conditions. */
const DATA_INPUTS: Readonly<Record<string, (inputs: readonly string[]) => readonly string[]>> = {
  Clip: (inputs) => inputs.slice(0, 1),
  Where: (inputs) => inputs.slice(1),
};

/**
 * Returns the node that brought numbers into [0, 1]: an earlier one whose output this node averages, clips, complements or joins, else the
 * node itself; undefined where other numbers were clipped, also with arithmetic after the clip, as in relu6(x) / 6.
 */
function unitSource(node: Node, clipped: boolean, facts: ValueFacts): Node | undefined {
  if (SQUASHES.has(node.op)) return node;
  const numbers = own(DATA_INPUTS, node.op)?.(node.inputs) ?? node.inputs;
  const before = numbers.map((name) => facts.bounds(name).unit);
  const found = before.find((unit) => unit !== undefined);
  return found ?? (clipped || node.op === 'Clip' ? undefined : node);
}

/** Operators that keep numbers within bounds by cutting off what exceeds them. */
const CLIPS: ReadonlySet<string> = new Set(['Clip', 'Max', 'Min']);

/** Operators after which clipped numbers are clipped numbers in another unit. */
const AFFINE: ReadonlySet<string> = new Set([
  ...CLIPS,
  ...['Add', 'Concat', 'Div', 'Mean', 'Mul', 'Neg', 'Sub', 'Sum', 'Where'],
]);

/** Whether a clip, alone or followed by affine arithmetic, gives the output its bounds. */
function isClipped(node: Node, { low, high }: Pick<Bounds, 'low' | 'high'>, facts: ValueFacts): boolean {
  if (!AFFINE.has(node.op) || node.domain !== '') return false;
  const inputs = (own(DATA_INPUTS, node.op)?.(node.inputs) ?? node.inputs).map((name) => facts.bounds(name));
  if (inputs.some(({ clipped }) => clipped === true)) return true;
  return CLIPS.has(node.op) && inputs.some((input) => input.low < low || input.high > high);
}

/** Returns the node that produced log-probabilities: LogSoftmax or an equivalent formula, or the logarithm of a sigmoid. */
function logSource(node: Node, facts: ValueFacts): Node | undefined {
  const [first = ''] = node.inputs;
  if (node.op === 'LogSoftmax' || normalisedByLogSum(node, facts) !== undefined) return node;
  if (node.op === 'Log') return facts.bounds(first).unit && node;
  if (node.op === 'Neg') return facts.producer(first)?.op === 'Softplus' ? node : undefined;
  if (node.op !== 'Clip' && node.op !== 'Concat') return undefined;
  const logs = (node.op === 'Clip' ? [first] : node.inputs).map((name) => facts.bounds(name).log);
  return logs.every((log) => log !== undefined) ? logs[0] : undefined;
}
