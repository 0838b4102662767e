import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, stridesOf, take } from './array.js';
import { type Call, choice, type EvalRow, normalAxis } from './call.js';

/** For each mode, the input index that is read at index `i`, which may lie outside [0, size); -1 for the constant. */
const modes: Readonly<Record<string, (i: number, size: number) => number>> = {
  constant: (i, size) => (i >= 0 && i < size ? i : -1),
  edge: (i, size) => Math.min(size - 1, Math.max(0, i)),
  wrap: (i, size) => modulo(i, size),
  reflect(i, size) {
    const period = Math.max(1, 2 * size - 2);
    const phase = modulo(i, period);
    return phase < size ? phase : period - phase;
  },
};

function modulo(i: number, n: number): number {
  return ((i % n) + n) % n;
}

/** Returns the pads of every axis, [before, after]. Negative pads crop. */
function padsOf(call: Call, rank: number): (readonly [before: number, after: number])[] {
  const pads = call.input(1).data;
  const axes = Array.from(call.inputs[3]?.data ?? Array(rank).keys(), (axis) =>
    normalAxis(call.where, axis, rank),
  );
  if (pads.length !== 2 * axes.length) {
    call.refuse('shape-mismatch', `${2 * axes.length} pads`, `${pads.length}`);
  }
  return Array.from({ length: rank }, (_, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? [0, 0] : [pads[i], pads[i + axes.length]];
  });
}

export const pad: EvalRow = (call): NumArray => {
  const x = call.input(0);
  const mode = choice(call, modes, ['mode', attributesOf(call.node, 'Pad').mode]);
  const pads = padsOf(call, x.dims.length);
  const dims = x.dims.map((dim, axis) => dim + pads[axis][0] + pads[axis][1]);
  if (dims.some((dim) => dim < 0)) call.refuse('shape-mismatch', 'no negative dims', `[${dims}]`);
  const strides = stridesOf(x.dims);
  let table = Int32Array.of(0);
  dims.forEach((dim, axis) => {
    const sources = Array.from({ length: dim }, (_, i) => mode(i - pads[axis][0], x.dims[axis]));
    const next = new Int32Array(table.length * dim);
    table.forEach((at, row) => {
      sources.forEach((source, i) => {
        next[row * dim + i] = at < 0 || source < 0 ? -1 : at + source * strides[axis];
      });
    });
    table = next;
  });
  if (mode !== modes.constant) return { dtype: x.dtype, dims, data: take(x.data, table) };
  const y = filled(x.dtype, dims, call.inputs[2]?.data[0] ?? 0);
  return { ...y, data: y.data.map((fill, i) => (table[i] < 0 ? fill : x.data[table[i]])) };
};
