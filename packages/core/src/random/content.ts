import { createHash, type Hash } from 'node:crypto';
import { ownOf } from '../own.js';
import type { Shape } from '../tensor/tensor.js';

/** An array of numbers or of texts, with its sizes. */
export interface Content {
  readonly shape: Shape;
  readonly data: ArrayLike<number | bigint | string>;
}

/**
 * Hashes the content of an input: SHA-256, 64 hexadecimal digits. A key folded with it depends on the input, not on its position in a list.
 * Equal numbers give equal hashes in every type of number: float32 and float64, int32 and int64, 0 and -0; so do all NaNs.
 *
 * The hash runs over x and then over the other arrays in the order of their names, each as the JSON text of [name, shape, "numbers" or
 * "texts"] (name is null for x) and a line feed, followed by the numbers as float64, little-endian, -0 as 0 and NaN as
 * 7ff8000000000000; or by the JSON text of the list of its texts. Whole numbers that float64 does not hold are taken as texts, in
 * decimal digits.
 */
export function contentHash(x: Content, others: Readonly<Record<string, Content>> = {}): string {
  const hash = createHash('sha256');
  absorb(hash, null, x);
  for (const name of Object.keys(others).sort()) absorb(hash, name, ownOf(others, name));
  return hash.digest('hex');
}

function absorb(hash: Hash, name: string | null, { shape, data }: Content): void {
  const numbers = numbersOf(data);
  hash.update(`${JSON.stringify([name, shape, numbers === undefined ? 'texts' : 'numbers'])}\n`);
  hash.update(numbers ?? JSON.stringify(Array.from(data, String)));
}

/** Returns the elements as float64; undefined where float64 does not hold all of them. */
function numbersOf(data: Content['data']): Float64Array | undefined {
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (typeof value === 'string') return undefined;
    const number = Number(value);
    if (typeof value === 'bigint' && BigInt(number) !== value) return undefined;
    // Adding 0 turns -0 into 0. There is one NaN, whatever its bits were.
    numbers[i] = Number.isNaN(number) ? Number.NaN : number + 0;
  }
  return numbers;
}
