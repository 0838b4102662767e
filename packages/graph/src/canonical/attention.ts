import { codeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import { constantFrom } from '../ir/constant.js';
import type { DataType, Node } from '../ir/types.js';
import { input, type OpRewrite } from '../rewrite/op-rewrite.js';

/** Queries, keys and values, [batch, heads, length, size of a head]. */
interface Heads {
  readonly q: string;
  readonly k: string;
  readonly v: string;
}

interface Options {
  /** Default 1 / sqrt(size of a head). */
  readonly scale?: number;
  /** Added to the products, or a boolean that says which may be seen; '' for none. */
  readonly mask: string;
  readonly causal: boolean;
  /** Products are squashed to (-softcap, softcap); 0 for not. */
  readonly softcap: number;
}

/** softmax(scale * q · kᵀ + mask) · v. */
function attend(b: GraphBuilder, { q, k, v }: Heads, options: Options): string {
  const scale = options.scale === undefined ? defaultScale(b, q) : b.scalar(options.scale, q);
  const keys = b.emit('Transpose', [k], { perm: attr.ints([0, 1, 3, 2]) });
  const products = b.emit('MatMul', [b.emit('Mul', [q, scale]), keys]);
  const bounded = capped(b, products, options.softcap);
  return b.emit('MatMul', [weightsOf(b, bounded, options), v]);
}

/** softmax over the keys that may be seen; a query that sees none has weights of 0. */
function weightsOf(b: GraphBuilder, products: string, { mask, causal }: Options): string {
  const softmax = (x: string) => b.emit('Softmax', [x], { axis: attr.int(-1) });
  const chosen = mask !== '' && b.dtype(mask) === 'bool';
  const biased = mask === '' || chosen ? products : b.emit('Add', [products, mask]);
  const lower = causal ? upToOwnPlace(b, products) : '';
  if (!chosen && lower === '') return softmax(biased);
  const seen = !chosen ? lower : lower === '' ? mask : b.emit('And', [lower, mask]);
  const weights = softmax(b.emit('Where', [seen, biased, b.scalar(LOWEST[b.dtype(biased)] ?? 0, biased)]));
  return chosen ? b.emit('Where', [seen, weights, b.scalar(0, weights)]) : weights;
}

/** What a product that is not seen is replaced by: finite, so that the derivative of no row is NaN. */
const LOWEST: Readonly<Partial<Record<DataType, number>>> = {
  float16: -65504,
  bfloat16: -3.3895313892515355e38,
  float32: -3.4028234663852886e38,
  float64: -Number.MAX_VALUE,
};

/** 1 / sqrt(size of a head), asked at run time where the size is a symbol. */
function defaultScale(b: GraphBuilder, q: string): string {
  const size = b.dims(q)[3];
  if (typeof size === 'number') return b.scalar(1 / Math.sqrt(size), q);
  const asked = b.emit('Slice', [b.shape(q), b.ints([3]), b.ints([4])]);
  return b.emit('Reciprocal', [b.emit('Sqrt', [b.emit('CastLike', [asked, q])])]);
}

function capped(b: GraphBuilder, products: string, softcap: number): string {
  if (softcap === 0) return products;
  const cap = b.scalar(softcap, products);
  return b.emit('Mul', [b.emit('Tanh', [b.emit('Div', [products, cap])]), cap]);
}

/** A query sees the keys up to its own place. */
function upToOwnPlace(b: GraphBuilder, products: string): string {
  const square = b.emit('Slice', [b.shape(products), b.ints([2]), b.ints([4])]);
  const ones = b.emit('Expand', [b.constant(constantFrom('float32', [], [1])), square]);
  return b.emit('Cast', [b.emit('Trilu', [ones], { upper: attr.int(0) })], { to: attr.int(codeOf('bool')) });
}

/** [batch, length, heads * size] with heads apart. */
function split(b: GraphBuilder, value: string, heads: number): string {
  const apart = b.emit('Reshape', [value, b.ints([0, 0, heads, -1])]);
  return b.emit('Transpose', [apart], { perm: attr.ints([0, 2, 1, 3]) });
}

function merged(b: GraphBuilder, value: string): string {
  const beside = b.emit('Transpose', [value], { perm: attr.ints([0, 2, 1, 3]) });
  return b.emit('Reshape', [beside, b.ints([0, 0, -1])]);
}

/** Every head of keys or values as often as there are heads of queries for it. */
function repeated(b: GraphBuilder, value: string, times: number): string {
  const heads = Number(b.dims(value)[1]);
  if (times === 1) return value;
  const order = Array.from({ length: heads * times }, (_, i) => Math.floor(i / times));
  return b.emit('Gather', [value, b.ints(order)], { axis: attr.int(1) });
}

/** Attention of opset 23, on 3-D or 4-D inputs; with a cache only where it is not causal, without windows and `qk_matmul_output`. */
export const attention: OpRewrite = (node, b) => {
  const a = attributesOf(node);
  const isCausal = a.int('is_causal', 0) !== 0;
  const cached = input(node, 4) !== '';
  const windowed = a.int('left_window_size', -1) >= 0 || a.int('right_window_size', -1) >= 0;
  if (windowed) return undefined;
  if ((isCausal && cached) || node.inputs.length > 6 || (node.outputs[3] ?? '') !== '') return undefined;
  const flat = b.rank(input(node, 0)) === 3;
  const heads = (i: number, count: string) =>
    flat ? split(b, input(node, i), a.int(count, 1)) : input(node, i);
  const joined = (i: number, past: string) =>
    past === ''
      ? heads(i, 'kv_num_heads')
      : b.emit('Concat', [past, heads(i, 'kv_num_heads')], { axis: attr.int(2) });
  const [q, k, v] = [heads(0, 'q_num_heads'), joined(1, input(node, 4)), joined(2, input(node, 5))];
  const [queries, keys] = [b.dims(q)[1], b.dims(k)[1]];
  const groups = queries === keys ? 1 : Number(queries) / Number(keys);
  if (!Number.isInteger(groups)) return undefined;
  const options: Options = {
    scale: 'scale' in node.attributes ? a.float('scale', 1) : undefined,
    mask: input(node, 3),
    causal: isCausal,
    softcap: a.float('softcap', 0),
  };
  const y = attend(b, { q, k: repeated(b, k, groups), v: repeated(b, v, groups) }, options);
  return [flat ? merged(b, y) : y, k, v];
};

/** MultiHeadAttention of com.microsoft on separate 3-D queries, keys and values, without cache and padding mask. */
export const multiHeadAttention: OpRewrite = (node, b) => {
  const a = attributesOf(node);
  const [query = '', key = '', value = '', bias = '', padding = '', mask = ''] = node.inputs;
  if (value === '' || padding !== '' || extra(node, 6) || b.rank(key) !== 3 || (node.outputs[1] ?? '') !== '')
    return undefined;
  const heads = a.int('num_heads', 1);
  const parts = bias === '' ? ['', '', ''] : biasParts(b, bias, [query, key, value]);
  if (parts === undefined) return undefined;
  const [q = '', k = '', v = ''] = [query, key, value].map((name, i) =>
    split(b, parts[i] === '' ? name : b.emit('Add', [name, parts[i] ?? '']), heads),
  );
  return [merged(b, attend(b, { q, k, v }, optionsOf(node, mask)))];
};

/** The bias of each of three values, which it holds one after the other; undefined when their widths are symbols. */
function biasParts(b: GraphBuilder, bias: string, values: readonly string[]): readonly string[] | undefined {
  const widths = values.map((name) => b.dims(name)[2]);
  if (!widths.every((width) => typeof width === 'number')) return undefined;
  return b.emitMany('Split', [bias, b.ints(widths)], 3, { axis: attr.int(0) });
}

/** Attention of com.microsoft: one projection of the input to queries, keys and values; without masks by length and cache. */
export const projectedAttention: OpRewrite = (node, b) => {
  const a = attributesOf(node);
  const [x = '', weights = '', bias = '', lengths = '', past = '', mask = ''] = node.inputs;
  const sizes = a.ints('qkv_hidden_sizes');
  const width = b.dims(weights)[1];
  if (
    lengths !== '' ||
    past !== '' ||
    extra(node, 6) ||
    typeof width !== 'number' ||
    (node.outputs[1] ?? '') !== ''
  )
    return undefined;
  const product = b.emit('MatMul', [x, weights]);
  const sum = bias === '' ? product : b.emit('Add', [product, bias]);
  const parts = b.emitMany('Split', [sum, b.ints(sizes ?? [width / 3, width / 3, width / 3])], 3, {
    axis: attr.int(2),
  });
  const [q = '', k = '', v = ''] = parts.map((part) => split(b, part, a.int('num_heads', 1)));
  return [merged(b, attend(b, { q, k, v }, optionsOf(node, mask)))];
};

const extra = (node: Node, from: number): boolean => node.inputs.slice(from).some((name) => name !== '');

function optionsOf(node: Node, mask: string): Options {
  const a = attributesOf(node);
  const scale = a.float('scale', 0);
  return {
    scale: scale === 0 ? undefined : scale,
    mask,
    causal: a.int('unidirectional', 0) !== 0,
    softcap: 0,
  };
}
