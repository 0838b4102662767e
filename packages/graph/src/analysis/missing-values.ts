import { codeOf } from '@onnxplain/core';
import { numbersOf } from '../ir/constant.js';
import { opsIn } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';

/** Standard operators that only move elements: each missing element of the input stays missing. */
const MOVEMENT: ReadonlySet<string> = new Set([
  ...opsIn('reshape'),
  'Identity',
  'Transpose',
  'Concat',
  'Split',
  'Slice',
  'Gather',
]);

/** Standard elementwise operators: the result is missing exactly where an operand is. */
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg']);

/** Operators of ai.onnx.ml that send a missing number down one branch. */
const TREES = new Set(['TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor']);

const FLOAT_CODES: readonly unknown[] = [codeOf('float16'), codeOf('float32'), codeOf('float64')];

/**
 * Whether a graph in canonical form handles missing numbers (NaN) in an input. On every path from the input, NaN must only be moved or go
 * through elementwise arithmetic with constants, until it reaches a tree ensemble, an IsNaN, or a Where that replaces what an IsNaN found
 * (an Imputer). False where NaN reaches any other operator or an output, and for an input that the graph does not have.
 */
export function takesMissing(graph: Graph, input: string): boolean {
  if (!graph.inputs.some(({ name }) => name === input)) return false;
  const masks: NanMasks = { present: new Map(), absent: new Map() };
  const missing = new Set([input]);
  for (const node of graph.nodes) {
    const effect =
      missing.size > 0 && mayRead(node, missing) ? effectOf(node, { graph, missing, masks }) : 'handles';
    if (effect === 'unknown') return false;
    if (effect === 'propagates') for (const name of node.outputs) missing.add(name);
    recordMask(node, masks);
  }
  return !graph.outputs.some(({ name }) => missing.has(name));
}

/** What a node does with missing elements: it propagates them, outputs numbers for them, or this is unknown. */
type MissingEffect = 'propagates' | 'handles' | 'unknown';

/** Names of boolean masks, each with the value whose missing (`absent`) or existing (`present`) elements it marks. */
interface NanMasks {
  readonly absent: Map<string, string>;
  readonly present: Map<string, string>;
}

interface State {
  readonly graph: Graph;
  /** Names of the values that may have missing elements. */
  readonly missing: ReadonlySet<string>;
  readonly masks: NanMasks;
}

/** Bodies of If, Loop and Scan may use outer values without naming them as inputs. */
function mayRead(node: Node, missing: ReadonlySet<string>): boolean {
  const bodies = Object.values(node.attributes).some(({ kind }) => kind === 'graph');
  return bodies || node.inputs.some((name) => missing.has(name));
}

function effectOf(node: Node, state: State): MissingEffect {
  const { op, domain, inputs, attributes } = node;
  if (domain === 'ai.onnx.ml') return TREES.has(op) ? 'handles' : 'unknown';
  if (domain !== '') return 'unknown';
  if (op === 'IsNaN') return 'handles';
  if (op === 'Where') return replacesMissing(inputs, state) ? 'handles' : 'unknown';
  if (op === 'Cast') return FLOAT_CODES.includes(attributes.to?.value) ? 'propagates' : 'unknown';
  if (MOVEMENT.has(op))
    return op === 'Concat' || !inputs.slice(1).some((name) => state.missing.has(name))
      ? 'propagates'
      : 'unknown';
  return ELEMENTWISE.has(op) && hasConstantOperands(inputs, state) ? 'propagates' : 'unknown';
}

/** Where(IsNaN(x), other, x), or Where(Not(IsNaN(x)), x, other). */
function replacesMissing([mask, yes, no]: readonly string[], { missing, masks }: State): boolean {
  if (masks.absent.get(mask) === no) return !missing.has(yes);
  return masks.present.get(mask) === yes && !missing.has(no);
}

/** Whether exactly one operand may have missing elements and all others are constants. */
const hasConstantOperands = (inputs: readonly string[], { graph, missing }: State): boolean =>
  inputs.every((name) => missing.has(name) !== graph.constants.has(name)) &&
  inputs.filter((name) => missing.has(name)).length === 1;

function recordMask({ op, domain, inputs: [x], outputs: [mask] }: Node, { absent, present }: NanMasks): void {
  if (domain !== '') return;
  if (op === 'IsNaN') absent.set(mask, x);
  const tested = op === 'Not' ? absent.get(x) : undefined;
  if (tested !== undefined) present.set(mask, tested);
}

/**
 * Returns the names of the tree ensembles that send missing numbers to the false branch at every split. An exporter that does not write
 * the branch (skl2onnx 1.20) leaves this default, which need not be what the trained trees do.
 */
export function treesWithDefaultMissingBranch({ nodes }: Graph): readonly string[] {
  return nodes
    .filter(({ op, domain, attributes }) => {
      const flags = attributes.nodes_missing_value_tracks_true;
      const numbers =
        flags?.kind === 'ints' ? flags.value : flags?.kind === 'tensor' ? [...numbersOf(flags.value)] : [];
      return domain === 'ai.onnx.ml' && TREES.has(op) && numbers.every((flag) => flag === 0);
    })
    .map(({ name, outputs }) => name || outputs[0]);
}
