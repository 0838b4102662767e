import { fail, ownOf, sizeOf } from '@onnxplain/core';
import { canonicalise } from '../../canonical/canonicalise.js';
import { infer } from '../../infer/infer.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import { usesOf } from '../../ir/scope.js';
import type { Graph, Node, Value } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';

/** An affine function of several vectors: Σ matrices[k]·v_k + offset. The matrix of a vector that it does not use is absent. */
export interface Affine {
  readonly size: number;
  /** For each vector, row major [size, length of the vector]. */
  readonly matrices: ReadonlyMap<number, Float64Array>;
  readonly offset: Float64Array;
}

/** A network of affine functions and rectifiers. Vector 0 is the input, and vector k is max(0, hidden[k - 1]). */
export interface ReluLayers {
  /** Elements of each vector. */
  readonly sizes: readonly number[];
  readonly hidden: readonly Affine[];
  readonly output: Affine;
}

/** Operators that are affine in one operand while the others are constants. */
const AFFINE = new Set([
  ...['Add', 'Sub', 'Flatten', 'Reshape', 'Identity', 'Transpose', 'AveragePool', 'Squeeze', 'Unsqueeze'],
  ...['Gemm', 'MatMul', 'Mul', 'Conv', 'BatchNormalization'],
]);
/** Those of them that are affine in several operands together. */
const SUMS = new Set(['Add', 'Sub']);

/**
 * Writes one row of an output as affine functions and rectifiers of one row of an input. The matrices are found by running the nodes
 * between rectifiers on every unit vector, so that they suit small networks. Throws `not-applicable` for another operator, which it names,
 * and for sizes that are not known.
 */
export function reluLayersOf(
  given: Graph,
  { input, output }: { readonly input: string; readonly output: string },
): ReluLayers {
  const graph = canonicalise(given);
  const names = [input];
  const hidden: string[] = [];
  const varying = new Set([input]);
  const live = prune({ ...graph, outputs: graph.outputs.filter(({ name }) => name === output) });
  for (const node of live.nodes) {
    if (!usesOf(node).some((name) => varying.has(name))) continue;
    for (const name of node.outputs) varying.add(name);
    if (node.domain === '' && node.op === 'Relu') {
      hidden.push(node.inputs[0]);
      names.push(node.outputs[0]);
    } else expectAffine(node, varying);
  }
  const sources = names.map((name) => oneRow(graph, name));
  const affine = (name: string, count: number) =>
    affineOf(live, sources.slice(0, count), oneRow(graph, name));
  return {
    sizes: sources.map(({ dims }) => sizeOf(dims)),
    hidden: hidden.map((name, k) => affine(name, k + 1)),
    output: affine(output, sources.length),
  };
}

function expectAffine(node: Node, varying: ReadonlySet<string>): void {
  const operands = node.inputs.filter((name) => varying.has(name)).length;
  if (node.domain === '' && AFFINE.has(node.op) && (operands === 1 || SUMS.has(node.op))) return;
  fail({
    code: 'not-applicable',
    where: `node "${node.name}" (${node.op})`,
    expected: `Relu, or one of ${[...AFFINE].join(', ')} with one operand that depends on the input`,
    got: operands > 1 ? `${node.op} of ${operands} operands that depend on the input` : node.op,
    remedy: 'Take an output before this operator, such as the logits before a softmax.',
  });
}

interface Source {
  readonly name: string;
  readonly dims: readonly number[];
  readonly value: Value;
}

/** A value with the sizes of one row. */
function oneRow(graph: Graph, name: string): Source {
  const type = infer(graph).get(name);
  const [rows, ...rest] = type?.dims ?? [];
  const isKnown = type !== undefined && rest.every((dim) => typeof dim === 'number');
  if (!isKnown || (typeof rows === 'number' && rows !== 1)) {
    return fail({
      code: 'not-applicable',
      where: `value "${name}"`,
      expected: 'known sizes, and one row or rows along a symbolic first axis',
      got: `[${type?.dims?.join(', ') ?? 'no known sizes'}]`,
    });
  }
  const dims = [1, ...rest.filter((dim) => typeof dim === 'number')];
  return { name, dims, value: { name, dtype: type.dtype, dims } };
}

/** The matrices and the offset of a value by running its nodes at 0 and at every unit vector of the vectors that it uses. */
function affineOf(graph: Graph, sources: readonly Source[], { name, value, dims }: Source): Affine {
  const nodes = graph.nodes.filter(({ outputs }) => !sources.some((source) => outputs.includes(source.name)));
  const part = prune({ ...graph, nodes, inputs: sources.map((source) => source.value), outputs: [value] });
  const used = new Set([name, ...part.nodes.flatMap(usesOf)]);
  const at = (moved: number, element: number): Float64Array => {
    const feeds = sources.map((source, k) => {
      const data = new Float64Array(sizeOf(source.dims));
      if (k === moved) data[element] = 1;
      return [source.name, numArray(source.value.dtype, source.dims, data)] as const;
    });
    return ownOf(interpret(part, Object.fromEntries(feeds)), name).data;
  };
  const offset = at(-1, 0);
  const size = sizeOf(dims);
  const matrices = new Map<number, Float64Array>();
  sources.forEach((source, k) => {
    if (!used.has(source.name)) return;
    const length = sizeOf(source.dims);
    const matrix = new Float64Array(size * length);
    for (let j = 0; j < length; j++) {
      const column = at(k, j);
      for (let i = 0; i < size; i++) matrix[i * length + j] = column[i] - offset[i];
    }
    matrices.set(k, matrix);
  });
  return { size, matrices, offset };
}
