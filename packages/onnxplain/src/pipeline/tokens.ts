import { type Attribution, norm, row, sumsOver, type Tensor } from '@onnxplain/core';
import type { TokenRecord } from '@onnxplain/report';

/** Returns the text of a token id; undefined where it is not known. */
export type TokenText = (id: number) => string | undefined;

/** Returns the tokens that belong to the first axis of a value; undefined where that axis does not have one entry for each id. */
export function tokensOf(ids: Tensor, value: Tensor, text: TokenText): readonly TokenRecord[] | undefined {
  if (ids.shape.length !== 1 || value.shape.length === 0 || ids.shape[0] !== value.shape[0]) return undefined;
  return Array.from(ids.data, (id) => ({ id, text: text(id) }));
}

/**
 * Reduces an attribution [tokens, ...] to one number for each token. For a global attribution (in units of f) and a ranking, this is the
 * sum over all other axes, so that the numbers of tokens have the same total as those of elements. A number that several elements share
 * (`features`) counts once. For a local attribution, whose elements are slopes, it is their Euclidean norm.
 * Source: Captum's tutorials on text models take the same sum (`attributions.sum(dim=-1)`). They then divide by the norm over all tokens,
 * which does not change the colours and is omitted here.
 */
export function perToken(attribution: Attribution): readonly number[] {
  const { values, kind } = attribution;
  const [tokens] = values.shape;
  if (kind === 'local') return Array.from({ length: tokens }, (_, i) => norm(row(values, i), 'l2'));
  const width = values.data.length / tokens;
  return [...sumsOver(attribution, { count: tokens, partOf: (i) => Math.floor(i / width) })];
}
