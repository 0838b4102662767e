import { fail } from '../error.js';
import { type Key, threefry2x32 } from './threefry.js';

export type { Key };

/** Counters of `fold` with a number stay below 2^21 in the high word; those of text start here. */
const TEXT_LENGTH = 0xffff_0000;
const TEXT_WORD = 0xffff_0001;
const utf8 = new TextEncoder();

/** The key of a seed, a whole number from 0 to 2^53 - 1. Throws `option-value`. */
export function key(seed: number): Key {
  return words('seed', seed);
}

/**
 * A new key that depends on the old one and on `data`: a whole number from 0 to 2^53 - 1, or any text.
 * Different data give unrelated keys; the order of folds matters. Throws `option-value`.
 */
export function fold(key: Key, data: number | string): Key {
  return typeof data === 'number' ? threefry2x32(key, words('fold', data)) : foldText(key, data);
}

function words(where: string, value: number): Key {
  if (!Number.isSafeInteger(value) || value < 0) {
    fail({ code: 'option-value', where, expected: 'a whole number from 0 to 2^53 - 1', got: String(value) });
  }
  return { hi: Math.floor(value / 2 ** 32), lo: value >>> 0 };
}

/** Absorbs the UTF-8 bytes four at a time, after their number. */
function foldText(key: Key, text: string): Key {
  const bytes = utf8.encode(text);
  let folded = threefry2x32(key, { hi: TEXT_LENGTH, lo: bytes.length });
  for (let at = 0; at < bytes.length; at += 4) {
    let word = 0;
    for (let i = 0; i < 4; i++) word |= (bytes[at + i] ?? 0) << (8 * i);
    folded = threefry2x32(folded, { hi: TEXT_WORD, lo: word >>> 0 });
  }
  return folded;
}
