import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedCache, cacheKind } from './cache.js';

/** Keys of a least-recently-used cache after a list of uses, from the definition: the last `limit` different ones. */
const kept = (uses: readonly string[], limit: number): readonly string[] =>
  [...new Set(uses.toReversed())].slice(0, limit);

test('a cache keeps the keys that were used last, whatever the order of uses, and makes no value of a kept key again', () => {
  const uses = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 30 });
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: 4 }), (keys, limit) => {
      const dropped: string[] = [];
      const cache = boundedCache<string>({ values: limit }, (key) => dropped.push(key));
      for (const [i, key] of keys.entries()) {
        const before = kept(keys.slice(0, i), limit);
        let made = false;
        cache.get(key, () => {
          made = true;
          return key;
        });
        expect(made).toBe(!before.includes(key));
        expect(dropped.splice(0)).toEqual(
          before.filter((each) => !kept(keys.slice(0, i + 1), limit).includes(each)),
        );
        expect(cache.size).toBe(kept(keys.slice(0, i + 1), limit).length);
      }
    }),
  );
});

/** Keys of a cache of at most so many bytes, from the definition: the last ones whose bytes fit together, and always the last one. */
function fitting(uses: readonly number[], most: number): readonly number[] {
  const last = [...new Set(uses.toReversed())];
  const sums = last.map((_, i) => last.slice(0, i + 1).reduce((sum, bytes) => sum + bytes, 0));
  return last.filter((_, i) => i === 0 || sums[i] <= most);
}

test('a cache keeps the values that were used last as long as their bytes fit, and the last one whatever it has', () => {
  const uses = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 });
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: 30 }), (sizes, most) => {
      const cache = boundedCache<number>({ values: 99, bytes: most, bytesOf: (value) => value });
      let kept: readonly number[] = [];
      for (const size of sizes) {
        cache.get(`${size}`, () => size);
        kept = fitting([...kept.toReversed(), size], most);
        expect(cache.size).toBe(kept.length);
      }
      for (const size of kept.toReversed()) cache.get(`${size}`, () => expect.unreachable('was dropped'));
    }),
  );
});

test('what make throws is not kept, and an undefined value is', () => {
  const cache = boundedCache<undefined>({ values: 2 });
  const failing = () => {
    throw new TypeError('not now');
  };
  expect(() => cache.get('a', failing)).toThrow('not now');
  expect(cache.size).toBe(0);
  cache.get('a', () => undefined);
  expect(cache.get('a', failing)).toBeUndefined();
});

test('delete forgets a key only while it has the value', () => {
  const cache = boundedCache<object>({ values: 2 });
  const [first, second] = [{}, {}];
  cache.get('a', () => first);
  cache.delete('a', second);
  expect(cache.size).toBe(1);
  cache.delete('a', first);
  expect(cache.size).toBe(0);
});

test('owners do not share the values of a kind', () => {
  const kind = cacheKind<number>(3);
  const [one, other] = [{}, {}];
  kind.of(one).get('a', () => 1);
  expect(kind.of(other).get('a', () => 2)).toBe(2);
  expect(kind.of(one).get('a', () => 3)).toBe(1);
});

test('a cache of no values makes each anew and drops it at once', () => {
  const dropped: number[] = [];
  const cache = boundedCache<number>({ values: 0 }, (value) => dropped.push(value));
  expect([cache.get('a', () => 1), cache.get('a', () => 2), cache.size]).toEqual([1, 2, 0]);
  expect(dropped).toEqual([1, 2]);
});

test('a value that was used last is made again after it was deleted, and after the cache was cleared', () => {
  const cache = boundedCache<number>({ values: 2 });
  cache.delete(
    'a',
    cache.get('a', () => 1),
  );
  expect(cache.get('a', () => 2)).toBe(2);
  cache.clear();
  expect(cache.get('a', () => 3)).toBe(3);
});
