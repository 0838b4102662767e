import { fail } from '@onnxplain/core';
import { divideDims } from '../infer/dim.js';
import type { Dim, Graph, Node } from '../ir/types.js';

/** Operators that keep all elements and their order. */
const KEEPS_ORDER: ReadonlySet<string> = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

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
