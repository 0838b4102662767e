import { type Attribution, norm, row, sumsOver, type Tensor } from '@onnxplain/core';
import type { TokenRecord } from '@onnxplain/report';

/** Texts of tokens by id, where they are known. */
export type TokenText = (id: number) => string | undefined;

/** The tokens whose ids lie along the first axis of a value; undefined where the value has other axes. */
export function tokensOf(ids: Tensor, value: Tensor, text: TokenText): readonly TokenRecord[] | undefined {
  if (ids.shape.length !== 1 || value.shape.length === 0 || ids.shape[0] !== value.shape[0]) return undefined;
  return Array.from(ids.data, (id) => ({ id, text: text(id) }));
}

/**
 * One number a token of an attribution [tokens, ...]. Of a global attribution the sum over all other axes, in units of f, so that tokens
 * share out what elements do, and of a ranking the same; elements that were hidden together (`features`) have one number, which
 * counts once: occlusion of a token
 * gives the drop of f. Of a local one, whose slopes are of different directions, their Euclidean length.
 * Source: the sum is what Captum's tutorials on text models take (`attributions.sum(dim=-1)`); they then divide by the norm over all
 * tokens, which changes no colour and is left out here.
 */
export function perToken(attribution: Attribution): readonly number[] {
  const { values, kind } = attribution;
  const [tokens] = values.shape;
  if (kind === 'local') return Array.from({ length: tokens }, (_, i) => norm(row(values, i), 'l2'));
  const width = values.data.length / tokens;
  return [...sumsOver(attribution, { count: tokens, partOf: (i) => Math.floor(i / width) })];
}
