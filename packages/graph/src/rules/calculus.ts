import { attr, type Builder } from '../builder.js';
import { codeOf } from '../onnx/element.js';
import type { DataType } from '../types.js';

/** A value by name, or a number, which becomes a scalar of the other operand's dtype. */
export type Term = string | number;

/** A size: a number, -1 for "whatever is left", or the size of an axis of a value. */
export type Size = number | { readonly of: string; readonly axis: number };

/** Which part of an axis: `from` and `to` (exclusive) as in ONNX Slice. */
export interface Span {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly step?: number;
}

/** A {@link Builder} that speaks arithmetic, so that a rule reads like its derivation. */
export interface Calculus extends Builder {
  add(x: Term, y: Term): string;
  sub(x: Term, y: Term): string;
  mul(x: Term, y: Term): string;
  div(x: Term, y: Term): string;
  /** x to the power of a constant. */
  pow(x: string, exponent: number): string;
  square(x: string): string;
  neg(x: string): string;
  /** Any operator of one input and no attributes: `b.map('Exp', x)`. */
  map(op: string, x: string): string;
  /** Comparison, a bool tensor. */
  compare(op: 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual', x: Term, y: Term): string;
  where(condition: string, x: Term, y: Term): string;
  /** 1 where true, 0 where false, in the dtype of `like`. */
  mask(condition: string, like: string): string;
  /** [x > 0] as numbers; flat: its own derivative is 0. */
  step(x: string): string;
  /** -1, 0 or 1; flat. */
  sign(x: string): string;
  cast(x: string, dtype: DataType): string;

  /** Sum over axes, which stay with size 1. */
  sum(x: string, axes: readonly number[]): string;
  mean(x: string, axes: readonly number[]): string;
  /** A tensor of the shape and dtype of `like`. */
  zeros(like: string): string;
  ones(like: string): string;
  /** x, broadcast to the shape of `like`. */
  expand(x: string, like: string): string;

  /** Sizes as an int64 vector; constant where they are known. */
  sizes(sizes: readonly Size[]): string;
  reshape(x: string, sizes: readonly Size[]): string;
  reshapeLike(x: string, like: string): string;
  transpose(x: string, permutation: readonly number[]): string;
  unsqueeze(x: string, axes: readonly number[]): string;
  squeeze(x: string, axes: readonly number[]): string;
  concat(parts: readonly string[], axis: number): string;
  slice(x: string, spans: readonly Span[]): string;
  /** x within zeros: sizes to add before and after each axis. */
  pad(x: string, before: readonly number[], after: readonly number[]): string;
  matmul(x: string, y: string): string;
  /** All axes but these. */
  others(x: string, axes: readonly number[]): number[];
}

/** So steep that [x > 0] = HardSigmoid(x) for all floats but the denormals below 3.3e-39. */
export const STEEP = 3e38;

export function calculus(b: Builder): Calculus {
  return { ...builder(b), ...arithmetic(b), ...comparisons(b), ...reductions(b), ...movement(b) };
}

/** The builder's own methods, bound to it. */
const builder = (b: Builder): Builder => ({
  opset: b.opset,
  type: (name) => b.type(name),
  typeOf: (name) => b.typeOf(name),
  dtype: (name) => b.dtype(name),
  dims: (name) => b.dims(name),
  rank: (name) => b.rank(name),
  constantOf: (name) => b.constantOf(name),
  constant: (value, hint) => b.constant(value, hint),
  scalar: (value, like) => b.scalar(value, like),
  ints: (values) => b.ints(values),
  shape: (name) => b.shape(name),
  reshapeTarget: (name) => b.reshapeTarget(name),
  emit: (op, inputs, attributes) => b.emit(op, inputs, attributes),
  emitMany: (op, inputs, outputs, attributes) => b.emitMany(op, inputs, outputs, attributes),
  fresh: (hint) => b.fresh(hint),
  inside: (graph) => b.inside(graph),
  build: (outputs, inputs) => b.build(outputs, inputs),
});

function operands(b: Builder, x: Term, y: Term): [string, string] {
  const like = typeof x === 'string' ? x : String(y);
  const name = (term: Term) => (typeof term === 'number' ? b.scalar(term, like) : term);
  return [name(x), name(y)];
}

function arithmetic(b: Builder) {
  const binary = (op: string) => (x: Term, y: Term) => b.emit(op, operands(b, x, y));
  const mul = binary('Mul');
  const div = binary('Div');
  const times = (x: Term, y: Term) => {
    if (x === 1 && typeof y === 'string') return y;
    return y === 1 && typeof x === 'string' ? x : mul(x, y);
  };
  return {
    add: binary('Add'),
    sub: binary('Sub'),
    mul: times,
    div: (x: Term, y: Term) => (typeof y === 'number' ? times(x, 1 / y) : div(x, y)),
    pow: (x: string, exponent: number) => b.emit('Pow', [x, b.scalar(exponent, x)]),
    square: (x: string) => mul(x, x),
    neg: (x: string) => b.emit('Neg', [x]),
    map: (op: string, x: string) => b.emit(op, [x]),
  };
}

function comparisons(b: Builder) {
  const cast = (x: string, dtype: DataType) =>
    b.dtype(x) === dtype ? x : b.emit('Cast', [x], { to: attr.int(codeOf(dtype)) });
  const compare: Calculus['compare'] = (op, x, y) => b.emit(op, operands(b, x, y));
  const hardSigmoid = (x: string, beta: number) =>
    b.emit('HardSigmoid', [x], { alpha: attr.float(STEEP), beta: attr.float(beta) });
  const mask = (condition: string, like: string) => cast(condition, b.dtype(like));
  // HardSigmoid is the fastest mask of the runtime; half-precision types cannot hold its slope.
  const steep = (x: string) => b.dtype(x) === 'float32' || b.dtype(x) === 'float64';
  const step = (x: string) => (steep(x) ? hardSigmoid(x, 0) : mask(compare('Greater', x, 0), x));
  return {
    cast,
    compare,
    mask,
    step,
    where: (condition: string, x: Term, y: Term) => b.emit('Where', [condition, ...operands(b, x, y)]),
    sign: (x: string) =>
      b.emit('Sub', [step(x), steep(x) ? step(b.emit('Neg', [x])) : mask(compare('Less', x, 0), x)]),
  };
}

function reductions(b: Builder) {
  const reduce = (op: string) => (x: string, axes: readonly number[]) =>
    axes.length === 0 ? x : b.emit(op, [x, b.ints(axes)], { keepdims: attr.int(1) });
  const filled = (value: number, like: string) => b.emit('Expand', [b.scalar(value, like), b.shape(like)]);
  return {
    sum: reduce('ReduceSum'),
    mean: reduce('ReduceMean'),
    zeros: (like: string) => filled(0, like),
    ones: (like: string) => filled(1, like),
    expand: (x: string, like: string) => b.emit('Expand', [x, b.shape(like)]),
  };
}

function movement(b: Builder) {
  const known = (size: Size) => {
    if (typeof size === 'number') return size;
    const dim = b.dims(size.of)[size.axis];
    return typeof dim === 'number' ? dim : undefined;
  };
  const part = (size: Size) => {
    const value = known(size);
    if (value !== undefined || typeof size === 'number') return b.ints([value ?? -1]);
    return b.emit('Shape', [size.of], { start: attr.int(size.axis), end: attr.int(size.axis + 1) });
  };
  const concat = (parts: readonly string[], axis: number) =>
    parts.length === 1 && parts[0] !== undefined
      ? parts[0]
      : b.emit('Concat', parts, { axis: attr.int(axis) });
  const sizes = (list: readonly Size[]) => {
    const values = list.map(known);
    return values.every((value) => value !== undefined) ? b.ints(values) : concat(list.map(part), 0);
  };
  /** One unknown size may be left to Reshape to find. */
  const target = (list: readonly Size[]) => {
    const values = list.map(known);
    const open = values.filter((value) => value === undefined || value < 0).length;
    return open <= 1 && !values.includes(0) ? b.ints(values.map((value) => value ?? -1)) : sizes(list);
  };
  return {
    sizes,
    concat,
    reshape: (x: string, list: readonly Size[]) => b.emit('Reshape', [x, target(list)]),
    reshapeLike: (x: string, like: string) => b.emit('Reshape', [x, b.reshapeTarget(like)]),
    transpose: (x: string, permutation: readonly number[]) =>
      permutation.every((axis, i) => axis === i)
        ? x
        : b.emit('Transpose', [x], { perm: attr.ints(permutation) }),
    unsqueeze: (x: string, axes: readonly number[]) =>
      axes.length === 0 ? x : b.emit('Unsqueeze', [x, b.ints(axes)]),
    squeeze: (x: string, axes: readonly number[]) =>
      axes.length === 0 ? x : b.emit('Squeeze', [x, b.ints(axes)]),
    slice: (x: string, spans: readonly Span[]) =>
      spans.length === 0 ? x : b.emit('Slice', [x, ...spanInputs(b, spans)]),
    pad: (x: string, before: readonly number[], after: readonly number[]) =>
      [...before, ...after].every((size) => size === 0)
        ? x
        : b.emit('Pad', [x, b.ints([...before, ...after])], { mode: attr.string('constant') }),
    matmul: (x: string, y: string) => b.emit('MatMul', [x, y]),
    others: (x: string, axes: readonly number[]) =>
      b.dims(x).flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])),
  };
}

const spanInputs = (b: Builder, spans: readonly Span[]): string[] => [
  b.ints(spans.map((span) => span.from)),
  b.ints(spans.map((span) => span.to)),
  b.ints(spans.map((span) => span.axis)),
  b.ints(spans.map((span) => span.step ?? 1)),
];
