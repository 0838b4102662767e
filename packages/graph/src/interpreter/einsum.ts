import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, positions, stridesOf } from './array.js';
import type { Call } from './call.js';

/**
 * Returns one label for each axis of a term. An ellipsis becomes the labels "…1", "…0", numbered from the right, so that operands
 * broadcast.
 */
function labelsOf(call: Call, term: string, rank: number): string[] {
  const [head, tail] = term.split('...');
  const ellipsisRank = tail === undefined ? 0 : rank - head.length - tail.length;
  const labels = [
    ...head,
    ...Array.from({ length: ellipsisRank }, (_, i) => `…${ellipsisRank - 1 - i}`),
    ...(tail ?? ''),
  ];
  if (ellipsisRank < 0 || labels.length !== rank) {
    call.refuse('shape-mismatch', `${rank} labels, one per axis`, `"${term}"`);
  }
  return labels;
}

/** Returns the size of each label. An axis of size 1 broadcasts. */
function labelSizes(call: Call, operands: readonly (readonly string[])[]): Map<string, number> {
  const sizes = new Map<string, number>();
  operands.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const dim = call.input(i).dims[axis];
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && dim !== 1 && known !== dim) {
        call.refuse('shape-mismatch', `one size for label "${label}"`, `${known} and ${dim}`);
      }
      sizes.set(label, known === 1 ? dim : known);
    });
  });
  return sizes;
}

/** Returns the output of an equation without "->": the ellipsis, then the labels that occur once, in alphabetical order. */
function impliedOutput(terms: readonly string[]): string {
  const letters = [...terms.join('').replaceAll('.', '')];
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label)).sort();
  return (terms.some((term) => term.includes('...')) ? '...' : '') + once.join('');
}

/**
 * Returns the stride of an operand along a label: the sum of the strides of its axes with that label, which reads the diagonal of repeated
 * labels.
 */
function stepOf({ dims }: NumArray, labels: readonly string[], label: string): number {
  const strides = stridesOf(dims);
  return labels.reduce(
    (step, own, axis) => step + (own === label && dims[axis] !== 1 ? strides[axis] : 0),
    0,
  );
}

/** Einsum by its definition: for every output label, the sum over the other labels of the product of the operands. */
export function einsum(call: Call): NumArray {
  const equation = attributesOf(call.node, 'Einsum').equation.replaceAll(' ', '');
  const [left, right] = equation.split('->');
  const terms = left.split(',');
  if (terms.length !== call.inputs.length) {
    call.refuse('model-invalid', `${call.inputs.length} terms`, `"${equation}"`);
  }
  const operands = terms.map((term, i) => labelsOf(call, term, call.input(i).dims.length));
  const sizes = labelSizes(call, operands);
  const ellipsisRank = [...sizes.keys()].filter((label) => label.startsWith('…')).length;
  const target = right ?? impliedOutput(terms);
  const kept = labelsOf(
    call,
    target,
    target.replace('...', '').length + (target.includes('...') ? ellipsisRank : 0),
  );
  const summed = [...sizes.keys()].filter((label) => !kept.includes(label));
  const unknown = kept.find((label) => !sizes.has(label));
  if (unknown !== undefined) call.refuse('model-invalid', 'output labels of the inputs', `"${unknown}"`);
  const tables = (labels: readonly string[]) =>
    operands.map((own, i) =>
      positions(
        labels.map((label) => sizes.get(label) ?? 1),
        labels.map((label) => stepOf(call.input(i), own, label)),
      ),
    );
  const dims = kept.map((label) => sizes.get(label) ?? 1);
  return contract(call, filled(call.input(0).dtype, dims), [tables(kept), tables(summed)]);
}

/** out[o] = sum over s of the product over operands of operand[outer[o] + inner[s]]. */
function contract(
  call: Call,
  out: NumArray,
  [outer, inner]: readonly [readonly Int32Array[], readonly Int32Array[]],
): NumArray {
  const terms = inner[0].length;
  for (let o = 0; o < out.data.length; o++) {
    let sum = 0;
    for (let s = 0; s < terms; s++) {
      let product = 1;
      for (let i = 0; i < outer.length; i++) {
        product *= call.input(i).data[outer[i][o] + inner[i][s]];
      }
      sum += product;
    }
    out.data[o] = sum;
  }
  return out;
}
