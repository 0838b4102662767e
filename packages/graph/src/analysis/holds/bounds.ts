import { constants as foldConstants } from '../../canonical/constants.js';
import { numbersOf } from '../../ir/constant.js';
import type { Constant, Graph, Node } from '../../ir/types.js';
import { producersOf } from '../../ir/walk.js';
import { inline } from '../../rewrite/inline.js';
import { shareCommon } from '../../rewrite/share-common.js';
import { anything, type Bounds, MOVES, RANGES, type Range } from './ranges.js';
import { logShareOf, shareOf, type ValueFacts } from './shares.js';
import { rangeOfLearner } from './trees.js';

/** Rounding of sums of weights: a third three times is 1 + 1e-7. */
export const TOLERANCE = 1e-4;
/** Constants above this size are not looked through. */
const LARGE = 2 ** 14;
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx.ml']);
const OPEN: Bounds = { low: anything[0], high: anything[1] };

const known = new WeakMap<Graph, ValueFacts>();

/**
 * Makers and bounds of a graph's values. Common nodes are taken for one, so that exp(z) / sum(exp(z)) is known where a
 * file computes exp(z) twice.
 */
export function siteOf(graph: Graph): ValueFacts {
  const found = known.get(graph) ?? makeSite(shareCommon(foldConstants(inline(graph))));
  known.set(graph, found);
  return found;
}

function makeSite({ nodes, constants }: Graph): ValueFacts {
  const makers = producersOf(nodes);
  const found = new Map<string, Bounds>();
  const site: ValueFacts = {
    maker: (name) => makers.get(name),
    bounds(name) {
      const constant = found.has(name) ? undefined : constants.get(name);
      if (constant !== undefined) found.set(name, boundsOfConstant(constant));
      return found.get(name) ?? OPEN;
    },
  };
  for (const node of nodes) {
    const bounds = boundsOf(node, site);
    if (bounds !== OPEN) for (const name of outputsOf(node)) found.set(name, bounds);
  }
  return site;
}

/** Outputs that hold what the bounds are of: no indices, no labels. */
function outputsOf({ op, domain, outputs }: Node): readonly string[] {
  if (op === 'Split') return outputs;
  return domain === 'ai.onnx.ml' ? outputs.slice(-1) : outputs.slice(0, 1);
}

function boundsOfConstant(constant: Constant): Bounds {
  if (constant.dtype === 'string' || constant.data.length > LARGE) return OPEN;
  const numbers = numbersOf(constant);
  return numbers.length === 0 ? OPEN : { low: Math.min(...numbers), high: Math.max(...numbers) };
}

function boundsOf(node: Node, site: ValueFacts): Bounds {
  const [first = ''] = node.inputs;
  if (!DOMAINS.has(node.domain)) return OPEN;
  if (MOVES.has(node.op)) return isLookup(node, site) ? OPEN : site.bounds(first);
  if (shareOf(node, site) !== undefined) return { low: 0, high: 1, unit: node };
  const range = rangeOf(node, site);
  if (range === undefined || range.some(Number.isNaN)) return OPEN;
  const [low, high] = range;
  const unit = isInside({ low, high }) ? bringer(node, site) : undefined;
  return { low, high, unit, log: logMaker(node, site) };
}

const PICKS: ReadonlySet<string> = new Set(['ArrayFeatureExtractor', 'Gather', 'GatherElements', 'GatherND']);

/** Whether a node picks from a constant table: targets of neighbours that happen to lie in [0, 1] are no probabilities. */
const isLookup = ({ op, inputs }: Node, site: ValueFacts): boolean =>
  PICKS.has(op) && site.maker(inputs[0]) === undefined;

const isInside = ({ low, high }: Bounds): boolean => low >= -TOLERANCE && high <= 1 + TOLERANCE;

function rangeOf(node: Node, site: ValueFacts): Range | undefined {
  if (logShareOf(node, site) !== undefined) return [Number.NEGATIVE_INFINITY, 0];
  if (node.domain === 'ai.onnx.ml') return rangeOfLearner(node);
  const inputs = node.inputs.map((name): Range => {
    const { low, high } = site.bounds(name);
    return [low, high];
  });
  return RANGES[node.op]?.(inputs, node);
}

/** Operators whose numbers lie in [0, 1] whatever goes in. */
const SQUASHES: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid', 'Softmax', 'Hardmax']);

/** Inputs whose numbers a node hands on, where those are not all. */
const NUMBERS: Readonly<Record<string, (inputs: readonly string[]) => readonly string[]>> = {
  Clip: (inputs) => inputs.slice(0, 1),
  Where: (inputs) => inputs.slice(1),
};

/**
 * The node itself, or the first before it whose numbers it averages, clips, complements or puts together; undefined where it only clips
 * other numbers.
 */
function bringer(node: Node, site: ValueFacts): Node | undefined {
  if (SQUASHES.has(node.op)) return node;
  const numbers = NUMBERS[node.op]?.(node.inputs) ?? node.inputs;
  const before = numbers.map((name) => site.bounds(name).unit);
  const found = before.find((unit) => unit !== undefined);
  return found ?? (node.op === 'Clip' ? undefined : node);
}

/** The node that made a value of logarithms of probabilities: LogSoftmax, its spellings, the logarithm of a sigmoid. */
function logMaker(node: Node, site: ValueFacts): Node | undefined {
  const [first = ''] = node.inputs;
  if (node.op === 'LogSoftmax' || logShareOf(node, site) !== undefined) return node;
  if (node.op === 'Log') return site.bounds(first).unit && node;
  if (node.op === 'Neg') return site.maker(first)?.op === 'Softplus' ? node : undefined;
  if (node.op !== 'Clip' && node.op !== 'Concat') return undefined;
  const logs = (node.op === 'Clip' ? [first] : node.inputs).map((name) => site.bounds(name).log);
  return logs.every((log) => log !== undefined) ? logs[0] : undefined;
}
