import { codeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { lowestFinite } from '../../builder/lowest-finite.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { listOf } from '../../ir/list-of.js';
import type { Node } from '../../ir/types.js';
import { input, type OpRewrite } from '../../rewrite/op-rewrite.js';

/** Queries, keys and values, [batch, heads, length, size of a head]. */
interface Heads {
  readonly q: string;
  readonly k: string;
  readonly v: string;
}

interface Options {
  /** Default 1 / sqrt(size of a head). */
  readonly scale?: number;
  /** Added to the scores if of floats; if boolean, true where a query attends to a key; '' for none. */
  readonly mask: string;
  readonly causal: boolean;
  /** Limits the scores to (-softcap, softcap) by tanh; 0 for no limit. */
  readonly softcap: number;
}

/** softmax(scale * q · kᵀ + mask) · v. */
function attend(b: GraphBuilder, { q, k, v }: Heads, options: Options): string {
  const scale = options.scale === undefined ? defaultScale(b, q) : b.scalar(options.scale, q);
  const keys = b.emit('Transpose', [k], { perm: attr.ints([0, 1, 3, 2]) });
  const scores = b.emit('MatMul', [b.emit('Mul', [q, scale]), keys]);
  const capped = softcap(b, scores, options.softcap);
  return b.emit('MatMul', [attentionWeights(b, capped, options), v]);
}

/**
 * Softmax over the keys that are not masked. With a boolean mask, a query without such keys has weights of 0. The scores of masked keys are
 * finite, so that no derivative is NaN.
 */
function attentionWeights(b: GraphBuilder, scores: string, { mask, causal }: Options): string {
  const softmax = (x: string) => b.emit('Softmax', [x], { axis: attr.int(-1) });
  const isBoolean = mask !== '' && b.dtype(mask) === 'bool';
  const biased = mask === '' || isBoolean ? scores : b.emit('Add', [scores, mask]);
  const causalMask = causal ? lowerTriangle(b, scores) : '';
  if (!isBoolean && causalMask === '') return softmax(biased);
  const visible = !isBoolean ? causalMask : causalMask === '' ? mask : b.emit('And', [causalMask, mask]);
  const weights = softmax(b.emit('Where', [visible, biased, lowestFinite(b, biased)]));
  return isBoolean ? b.emit('Where', [visible, weights, b.scalar(0, weights)]) : weights;
}

/** Emits 1 / sqrt(size of a head), read from the shape at run time where the size is a symbol. */
function defaultScale(b: GraphBuilder, q: string): string {
  const size = b.dims(q)[3];
  if (typeof size === 'number') return b.scalar(1 / Math.sqrt(size), q);
  const headSize = b.emit('Slice', [b.shape(q), b.ints([3]), b.ints([4])]);
  return b.emit('Reciprocal', [b.emit('Sqrt', [b.emit('CastLike', [headSize, q])])]);
}

/** Emits cap * tanh(scores / cap). */
function softcap(b: GraphBuilder, scores: string, cap: number): string {
  if (cap === 0) return scores;
  const limit = b.scalar(cap, scores);
  return b.emit('Mul', [b.emit('Tanh', [b.emit('Div', [scores, limit])]), limit]);
}

/** Emits the causal mask: a query attends to the keys up to its own position. */
function lowerTriangle(b: GraphBuilder, scores: string): string {
  const square = b.emit('Slice', [b.shape(scores), b.ints([2]), b.ints([4])]);
  const ones = b.emit('Expand', [b.constant(constantFrom('float32', [], [1])), square]);
  return b.emit('Cast', [b.emit('Trilu', [ones], { upper: attr.int(0) })], { to: attr.int(codeOf('bool')) });
}

/** [batch, length, heads * size] to [batch, heads, length, size]. */
function splitHeads(b: GraphBuilder, value: string, heads: number): string {
  const split = b.emit('Reshape', [value, b.ints([0, 0, heads, -1])]);
  return b.emit('Transpose', [split], { perm: attr.ints([0, 2, 1, 3]) });
}

/** [batch, heads, length, size] to [batch, length, heads * size]. */
function mergeHeads(b: GraphBuilder, value: string): string {
  const lengthFirst = b.emit('Transpose', [value], { perm: attr.ints([0, 2, 1, 3]) });
  return b.emit('Reshape', [lengthFirst, b.ints([0, 0, -1])]);
}

/** Repeats every head of keys or values for each head of queries that shares it (grouped-query attention). */
function repeatHeads(b: GraphBuilder, value: string, times: number): string {
  const heads = Number(b.dims(value)[1]);
  if (times === 1) return value;
  const order = listOf(heads * times, (i) => Math.floor(i / times));
  return b.emit('Gather', [value, b.ints(order)], { axis: attr.int(1) });
}

/**
 * Attention of opset 23 on 3-D or 4-D inputs. Nodes with a window, with `qk_matmul_output`, or with a cache and a causal mask are kept as
 * they are.
 */
export const attention: OpRewrite = (node, b) => {
  const a = attributesOf(node, 'Attention');
  const isCausal = a.is_causal !== 0;
  const cached = input(node, 4) !== '';
  const windowed = a.left_window_size >= 0 || a.right_window_size >= 0;
  if (windowed) return undefined;
  if ((isCausal && cached) || node.inputs.length > 6 || (node.outputs[3] ?? '') !== '') return undefined;
  const isRank3 = b.rank(input(node, 0)) === 3;
  const heads = (i: number, count: number) =>
    isRank3 ? splitHeads(b, input(node, i), count) : input(node, i);
  const withCache = (i: number, past: string) =>
    past === ''
      ? heads(i, a.kv_num_heads)
      : b.emit('Concat', [past, heads(i, a.kv_num_heads)], { axis: attr.int(2) });
  const [q, k, v] = [heads(0, a.q_num_heads), withCache(1, input(node, 4)), withCache(2, input(node, 5))];
  const [queries, keys] = [b.dims(q)[1], b.dims(k)[1]];
  const groups = queries === keys ? 1 : Number(queries) / Number(keys);
  if (!Number.isInteger(groups)) return undefined;
  const options: Options = {
    scale: a.scale,
    mask: input(node, 3),
    causal: isCausal,
    softcap: a.softcap,
  };
  const y = attend(b, { q, k: repeatHeads(b, k, groups), v: repeatHeads(b, v, groups) }, options);
  return [isRank3 ? mergeHeads(b, y) : y, k, v];
};

/**
 * MultiHeadAttention of com.microsoft on separate 3-D queries, keys and values. Nodes with a cache, and with masks other than those of
 * {@link paddingBias}, are kept.
 */
export const multiHeadAttention: OpRewrite = (node, b) => {
  const [query = '', key = '', value = '', bias = '', padding = '', mask = ''] = node.inputs;
  const hasCache = hasInputsFrom(node, 6) || (node.outputs[1] ?? '') !== '';
  if (value === '' || hasCache || b.rank(key) !== 3) return undefined;
  const heads = attributesOf(node, 'com.microsoft:MultiHeadAttention').num_heads;
  const parts = bias === '' ? ['', '', ''] : biasParts(b, bias, [query, key, value]);
  const masks = joinedMask(node, b, { padding, mask, keys: key });
  if (parts === undefined || masks === undefined) return undefined;
  const [q = '', k = '', v = ''] = [query, key, value].map((name, i) =>
    splitHeads(b, parts[i] === '' ? name : b.emit('Add', [name, parts[i] ?? '']), heads),
  );
  return [mergeHeads(b, attend(b, { q, k, v }, optionsOf(node, masks)))];
};

/** Splits the joined bias of queries, keys and values; undefined where their widths are symbols. */
function biasParts(b: GraphBuilder, bias: string, values: readonly string[]): readonly string[] | undefined {
  const widths = values.map((name) => b.dims(name)[2]);
  if (!widths.every((width) => typeof width === 'number')) return undefined;
  return b.emitMany('Split', [bias, b.ints(widths)], 3, { axis: attr.int(0) });
}

/**
 * Attention of com.microsoft, which projects one input to queries, keys and values. The second output holds keys and values. Nodes with a
 * cache, and with masks other than those of {@link paddingBias}, are kept.
 */
export const projectedAttention: OpRewrite = (node, b) => {
  const { num_heads: heads, qkv_hidden_sizes: sizes } = attributesOf(node, 'com.microsoft:Attention');
  const [x = '', weights = '', bias = '', padding = '', past = '', mask = ''] = node.inputs;
  const width = b.dims(weights)[1];
  if (past !== '' || hasInputsFrom(node, 6) || typeof width !== 'number') return undefined;
  const masks = joinedMask(node, b, { padding, mask, keys: x });
  if (masks === undefined) return undefined;
  const product = b.emit('MatMul', [x, weights]);
  const sum = bias === '' ? product : b.emit('Add', [product, bias]);
  const parts = b.emitMany('Split', [sum, b.ints(sizes ?? [width / 3, width / 3, width / 3])], 3, {
    axis: attr.int(2),
  });
  const [q = '', k = '', v = ''] = parts.map((part) => splitHeads(b, part, heads));
  const y = mergeHeads(b, attend(b, { q, k, v }, optionsOf(node, masks)));
  const both = [k, v].map((part) => b.emit('Unsqueeze', [part, b.ints([0])]));
  return [y, (node.outputs[1] ?? '') === '' ? '' : b.emit('Concat', both, { axis: attr.int(0) })];
};

interface Masks {
  /** Integers that say which keys count; '' for none. */
  readonly padding: string;
  /** Added to the scores; '' for none. */
  readonly mask: string;
  /** The value whose first two axes are the batch and the keys. */
  readonly keys: string;
}

/** Returns what is added to the scores for both masks; '' for none, undefined where the mask of the keys is of another form. */
function joinedMask(node: Node, b: GraphBuilder, { padding, mask, keys }: Masks): string | undefined {
  const bias = padding === '' ? '' : paddingBias(node, b, { padding, keys });
  if (bias === undefined || bias === '' || mask === '') return bias === '' ? mask : bias;
  return b.emit('Add', [bias, mask]);
}

/**
 * Emits what com.microsoft's attention adds to the scores for a mask of the keys: a negative number where a key does not count. The mask
 * holds a number of keys for each row of the batch [batch], or numbers above 0 for keys that count, [batch, keys] or
 * [batch, queries, keys].
 */
function paddingBias(
  node: Node,
  b: GraphBuilder,
  { padding, keys }: Pick<Masks, 'padding' | 'keys'>,
): string | undefined {
  const [batch, rank] = [b.dims(padding)[0], b.rank(padding)];
  if (rank > 3 || (rank === 1 && batch !== b.dims(keys)[0])) return undefined;
  const filter = attributesOf(
    node,
    'com.microsoft:Attention',
    'com.microsoft:MultiHeadAttention',
  ).mask_filter_value;
  const counts =
    rank === 1
      ? b.emit('Less', [keyPositions(b, keys, padding), b.emit('Unsqueeze', [padding, b.ints([1])])])
      : b.emit('Greater', [padding, b.scalar(0, padding)]);
  const bias = b.emit('Where', [counts, b.scalar(0, keys), b.scalar(filter, keys)]);
  return b.emit('Unsqueeze', [bias, b.ints(rank === 3 ? [1] : [1, 2])]);
}

/** Emits the positions of the keys, 0, 1, 2 and so on, in the type of a mask. */
function keyPositions(b: GraphBuilder, keys: string, like: string): string {
  const scalar = (value: number) => b.constant(constantFrom('int64', [], [value]));
  const length = b.emit('Gather', [b.shape(keys), scalar(1)], { axis: attr.int(0) });
  return b.emit('CastLike', [b.emit('Range', [scalar(0), length, scalar(1)]), like]);
}

const hasInputsFrom = (node: Node, index: number): boolean =>
  node.inputs.slice(index).some((name) => name !== '');

function optionsOf(node: Node, mask: string): Options {
  const { scale, unidirectional } = attributesOf(
    node,
    'com.microsoft:Attention',
    'com.microsoft:MultiHeadAttention',
  );
  return { scale: scale === 0 ? undefined : scale, mask, causal: unidirectional !== 0, softcap: 0 };
}
