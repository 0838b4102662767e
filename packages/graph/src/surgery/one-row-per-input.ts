import { fail } from '@onnxplain/core';
import { graphBuilderOf } from '../builder/build.js';
import { divideDims } from '../infer/dim.js';
import { opsIn } from '../ir/ops.js';
import type { Dim, Dims, Graph, Node } from '../ir/types.js';
import { type ExtendedGraph, withOutput } from './with-output.js';

/** Operators that keep all elements and their order. */
const KEEPS_ORDER: ReadonlySet<string> = new Set([...opsIn('reshape'), 'Identity']);

type DimsOf = (name: string) => readonly Dim[] | undefined;

/**
 * Returns a value that has the elements of an output and one row for each input: the output itself, or the value [N, 3] before a Reshape
 * to several rows for each input ([3*N, 1]). An output of unknown size is returned as it is. Throws `shape-mismatch` where no value before
 * the output has one row for each input.
 */
export function valueWithOneRowPerInput({ inputs, nodes }: Graph, output: string, dimsOf: DimsOf): string {
  const batches = inputs.map(({ dims }) => dims?.[0]).filter((dim) => typeof dim === 'string');
  const rowsOf = (name: string) => dimsOf(name)?.[0];
  const rows = rowsOf(output);
  if (rows === undefined || !batches.some((batch) => isMultiple(rows, batch))) return output;
  const found = withSameElements(nodes, output).find((name) =>
    batches.some((batch) => batch === rowsOf(name)),
  );
  if (found !== undefined) return found;
  return fail({
    code: 'shape-mismatch',
    where: `output "${output}"`,
    expected: 'one row for each input',
    got: `[${dimsOf(output)?.join(', ')}]`,
    remedy: 'Explain a value before the output, or export the model with one row for each input.',
  });
}

function isMultiple(size: Dim, batch: string): boolean {
  const quotient = divideDims(size, batch);
  return typeof quotient === 'number' && quotient > 1;
}

/** Returns a value and the values before it that have the same elements in the same order. */
function withSameElements(nodes: readonly Node[], name: string): readonly string[] {
  const producer = nodes.find(({ outputs }) => outputs.includes(name));
  const keepsOrder = producer?.domain === '' && KEEPS_ORDER.has(producer.op);
  return keepsOrder ? [name, ...withSameElements(nodes, producer.inputs[0])] : [name];
}

/**
 * Adds an output with one row for each input where an exporter merged the rows with another axis: [k*N, ...axes] becomes
 * [N, k, ...axes]. `rows` is the value [N, ...] with the same elements. Returns undefined where `rows` has these axes already, but for
 * axes of size 1, and where more than one size is not known.
 */
export function divideRows(
  graph: Graph,
  { output, rows }: { readonly output: string; readonly rows: string },
  dimsOf: DimsOf,
): ExtendedGraph | undefined {
  const [merged, found] = [dimsOf(output), dimsOf(rows)];
  if (output === rows || merged === undefined || found === undefined) return undefined;
  const count = divideDims(merged[0], found[0]);
  const axes = [count, ...merged.slice(1)];
  const known = axes.filter((size) => typeof size === 'number');
  if (known.length < axes.length - 1 || sameButOnes(axes, found.slice(1))) return undefined;
  const builder = graphBuilderOf(graph);
  // In the shape of a Reshape, 0 keeps the size of the batch axis, and -1 stands for the one that is not known.
  const shape = [0, ...axes.map((size) => (typeof size === 'number' ? size : -1))];
  return withOutput(graph, builder, builder.emit('Reshape', [rows, builder.ints(shape)]));
}

function sameButOnes(a: readonly (Dim | undefined)[], b: Dims): boolean {
  const [long, other] = [a, b].map((dims) => dims.filter((size) => size !== 1));
  return long.length === other.length && long.every((size, i) => size === other[i]);
}
