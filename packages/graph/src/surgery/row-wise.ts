import { fail } from '@onnxplain/core';
import { divideDims } from '../infer/dim.js';
import type { Dim, Graph, Node } from '../ir/types.js';

/** Operators that give the same numbers in the same order. */
const REGROUPING: ReadonlySet<string> = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

type DimsOf = (name: string) => readonly Dim[] | undefined;

/**
 * The value that holds an output's numbers with one row for each input: the output itself, or, where it has several
 * ([3*N, 1]) because the exporter regrouped it, the value [N, 3] before that. An output of unknown size is left as it is.
 * Throws `shape-mismatch` where several rows belong to an input in another way.
 */
export function rowWise({ inputs, nodes }: Graph, output: string, dimsOf: DimsOf): string {
  const batches = inputs.map(({ dims }) => dims?.[0]).filter((dim) => typeof dim === 'string');
  const rowsOf = (name: string) => dimsOf(name)?.[0];
  const rows = rowsOf(output);
  if (rows === undefined || !batches.some((batch) => isMultiple(rows, batch))) return output;
  const found = sameNumbers(nodes, output).find((name) => batches.some((batch) => batch === rowsOf(name)));
  if (found !== undefined) return found;
  return fail({
    code: 'shape-mismatch',
    where: `output "${output}"`,
    expected: 'one row for each input',
    got: `[${dimsOf(output)?.join(', ')}]`,
    remedy: 'Explain a value before it, or export the model with one row for each input.',
  });
}

function isMultiple(size: Dim, batch: string): boolean {
  const quotient = divideDims(size, batch);
  return typeof quotient === 'number' && quotient > 1;
}

/** A value, and those before it that it holds the numbers of, in the same order. */
function sameNumbers(nodes: readonly Node[], name: string): readonly string[] {
  const maker = nodes.find(({ outputs }) => outputs.includes(name));
  const regroups = maker?.domain === '' && REGROUPING.has(maker.op);
  return regroups ? [name, ...sameNumbers(nodes, maker.inputs[0])] : [name];
}
