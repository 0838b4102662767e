import { numbersOf } from '../ir/constant.js';
import type { Graph, Node } from '../ir/types.js';

/** Operators of '' that move elements: a missing one stays one missing element. */
const MOVES = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Concat',
  'Split',
  'Slice',
  'Gather',
]);

/** Operators of '' whose result at a missing element is missing, and of no other element depends on it. */
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg']);

/** Operators of ai.onnx.ml that send a missing number down a branch, as ONNX Runtime does. */
const TREES = new Set(['TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor']);

const FLOATS: readonly unknown[] = [1, 10, 11];

/**
 * Whether a graph in canonical form takes missing numbers (NaN) in an input: on every way from it, NaN is moved or goes through
 * elementwise arithmetic with constants, until a tree ensemble, an IsNaN, or a Where that replaces what an IsNaN found (an
 * Imputer) takes it.
 * False where any other operator, or an output, would receive it, and for an input that the graph does not have.
 */
export function takesMissing(graph: Graph, input: string): boolean {
  if (!graph.inputs.some(({ name }) => name === input)) return false;
  const tests: Tests = { present: new Map(), absent: new Map() };
  const missing = new Set([input]);
  for (const node of graph.nodes) {
    const step = missing.size > 0 && reads(node, missing) ? stepOf(node, { graph, missing, tests }) : 'stops';
    if (step === 'refuses') return false;
    if (step === 'hands on') for (const name of node.outputs) missing.add(name);
    noteTest(node, tests);
  }
  return !graph.outputs.some(({ name }) => missing.has(name));
}

/** What a node does with missing elements: gives them on, gives numbers for them, or neither that we know of. */
type MissingEffect = 'hands on' | 'stops' | 'refuses';

/** Names of masks, with the value whose missing elements they mark. */
interface Tests {
  readonly absent: Map<string, string>;
  readonly present: Map<string, string>;
}

interface Walk {
  readonly graph: Graph;
  readonly missing: ReadonlySet<string>;
  readonly tests: Tests;
}

/** Bodies of If, Loop and Scan may use values around them without naming them as inputs. */
function reads(node: Node, missing: ReadonlySet<string>): boolean {
  const bodies = Object.values(node.attributes).some(({ kind }) => kind === 'graph');
  return bodies || node.inputs.some((name) => missing.has(name));
}

function stepOf(node: Node, walk: Walk): MissingEffect {
  const { op, domain, inputs, attributes } = node;
  if (domain === 'ai.onnx.ml') return TREES.has(op) ? 'stops' : 'refuses';
  if (domain !== '') return 'refuses';
  if (op === 'IsNaN') return 'stops';
  if (op === 'Where') return replacesMissing(inputs, walk) ? 'stops' : 'refuses';
  if (op === 'Cast') return FLOATS.includes(attributes.to?.value) ? 'hands on' : 'refuses';
  if (MOVES.has(op))
    return op === 'Concat' || !inputs.slice(1).some((name) => walk.missing.has(name))
      ? 'hands on'
      : 'refuses';
  return ELEMENTWISE.has(op) && besideConstants(inputs, walk) ? 'hands on' : 'refuses';
}

/** Where(IsNaN(x), other, x), or Where(Not(IsNaN(x)), x, other). */
function replacesMissing([mask, yes, no]: readonly string[], { missing, tests }: Walk): boolean {
  if (tests.absent.get(mask) === no) return !missing.has(yes);
  return tests.present.get(mask) === yes && !missing.has(no);
}

const besideConstants = (inputs: readonly string[], { graph, missing }: Walk): boolean =>
  inputs.every((name) => missing.has(name) !== graph.constants.has(name)) &&
  inputs.filter((name) => missing.has(name)).length === 1;

function noteTest({ op, domain, inputs: [x], outputs: [mask] }: Node, { absent, present }: Tests): void {
  if (domain !== '') return;
  if (op === 'IsNaN') absent.set(mask, x);
  const tested = op === 'Not' ? absent.get(x) : undefined;
  if (tested !== undefined) present.set(mask, tested);
}

/**
 * Names of the tree ensembles of a graph none of whose nodes says that missing numbers go to its true branch: all go to the
 * false one, which an
 * exporter that forgets the way (skl2onnx 1.20) did not mean.
 */
export function undirectedTrees({ nodes }: Graph): readonly string[] {
  return nodes
    .filter(({ op, domain, attributes }) => {
      const ways = attributes.nodes_missing_value_tracks_true;
      const numbers =
        ways?.kind === 'ints' ? ways.value : ways?.kind === 'tensor' ? [...numbersOf(ways.value)] : [];
      return domain === 'ai.onnx.ml' && TREES.has(op) && numbers.every((way) => way === 0);
    })
    .map(({ name, outputs }) => name || outputs[0]);
}
