import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, numArray, permuted } from './array.js';
import { type EvalRow, normalAxis } from './call.js';

/** Lexicographic order. */
function compare(a: Float64Array, b: Float64Array): number {
  const at = a.findIndex((v, i) => v !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

interface Group {
  readonly value: Float64Array;
  readonly first: number;
  readonly members: readonly number[];
}

/** Groups equal rows, in the order of their first occurrence. */
function groupEqual(rows: readonly Float64Array[]): Group[] {
  const groups = new Map<string, { value: Float64Array; first: number; members: number[] }>();
  rows.forEach((value, i) => {
    const known = groups.get(value.join());
    if (known === undefined) groups.set(value.join(), { value, first: i, members: [i] });
    else known.members.push(i);
  });
  return [...groups.values()];
}

const vector = (values: readonly number[]): NumArray => numArray('int64', [values.length], values);

/**
 * Returns the unique elements, or slices along an axis, with the index of their first occurrence, the inverse indices, and their counts.
 */
export const unique: EvalRow = (call) => {
  const x = call.input(0);
  const flat = { ...x, dims: [x.data.length] };
  const { axis: along, sorted } = attributesOf(call.node, 'Unique');
  const source = along === undefined ? flat : x;
  const axis = along === undefined ? 0 : normalAxis(call.where, along, x.dims.length);
  const order = [axis, ...source.dims.map((_, i) => i).filter((i) => i !== axis)];
  const { dims, data } = permuted(source, order);
  const size = dims[0] === 0 ? 0 : data.length / dims[0];
  const groups = groupEqual(
    Array.from({ length: dims[0] }, (_, i) => data.subarray(i * size, (i + 1) * size)),
  );
  if (sorted) groups.sort((a, b) => compare(a.value, b.value));
  const values = filled(x.dtype, [groups.length, ...dims.slice(1)]);
  const inverse = new Array<number>(dims[0]).fill(0);
  groups.forEach(({ value, members }, i) => {
    values.data.set(value, i * size);
    for (const member of members) inverse[member] = i;
  });
  const back = order.map((_, i) => order.indexOf(i));
  return [
    permuted(values, back),
    vector(groups.map(({ first }) => first)),
    vector(inverse),
    vector(groups.map(({ members }) => members.length)),
  ];
};
