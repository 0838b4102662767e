import { expect, test } from 'vitest';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';

/** Feeds `rows` rows to a made-up machine and returns the sizes it ran. */
function simulate(batching: Batching, rows: number, secondsOf: (size: number) => number): number[] {
  const sizes: number[] = [];
  for (let left = rows; left > 0; left -= sizes.at(-1) ?? 0) {
    const size = batching.next(left);
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThanOrEqual(left);
    sizes.push(size);
    batching.observe(size, secondsOf(size));
  }
  return sizes;
}

test('sizes are tried in fourfold steps until one is far slower, three times in turn, and the fastest is kept', () => {
  const batching = measuredBatching(100_000);
  // Overhead of 1 ms per run until 256 rows; beyond, the cache is left and rows cost three times as much.
  const sizes = simulate(batching, 6000, (n) => 1e-3 + n * (n > 256 ? 3e-5 : 1e-5));
  const turn = [16, 64, 256, 1024];
  expect(sizes.slice(0, 12)).toEqual([...turn, ...turn, ...turn]);
  expect(Math.max(...sizes.slice(12))).toBeLessThanOrEqual(256);
  expect(simulate(batching, 2560, () => 1)).toEqual(Array(10).fill(256));
});

test('a slow first run at every size does not decide', () => {
  const seen = new Set<number>();
  const sizes = simulate(measuredBatching(4096), 40_000, (n) => {
    const cold = !seen.has(n);
    seen.add(n);
    return (cold ? 0.2 : 0) + 1e-3 + n * 1e-6;
  });
  expect(sizes.at(-2)).toBeGreaterThan(1024);
});

test('a moment in which the machine is three times slower does not decide', () => {
  const secondsOf = (n: number) => 1e-3 + n * 1e-5;
  for (let slow = 0; slow < 14; slow++) {
    const batching = measuredBatching(1024);
    let run = 0;
    const busy = () => slow <= run && run < slow + 4;
    simulate(batching, 5000, (n) => {
      const seconds = secondsOf(n) * (busy() ? 3 : 1);
      run++;
      return seconds;
    });
    expect(batching.next(10_000)).toBeGreaterThan(900);
  }
});

test('no size exceeds the limit, nor one that would block the loop for more than a second', () => {
  expect(Math.max(...simulate(measuredBatching(25), 500, () => 1e-3))).toBe(24);
  expect(Math.max(...simulate(measuredBatching(1), 5, () => 1e-3))).toBe(1);
  expect(Math.max(...simulate(measuredBatching(1e6), 5000, (n) => 0.01 + n * 0.01))).toBe(64);
});

test('the tail is shared out instead of leaving a crumb', () => {
  const batching = measuredBatching(16);
  simulate(batching, 64, () => 1e-3);
  expect(simulate(batching, 17, () => 1e-3)).toEqual([12, 5]);
});

test('shrinking halves the rows that failed, down to one row, and then gives up', () => {
  const batching = measuredBatching(16);
  expect([batching.shrink(5), batching.next(100)]).toEqual([true, 2]);
  expect([batching.shrink(2), batching.next(100)]).toEqual([true, 1]);
  expect(batching.shrink(1)).toBe(false);
});

test('a model that needs seconds for the first size gets a smaller one', () => {
  const sizes = simulate(measuredBatching(1000), 40, (n) => n * 0.2);
  expect(sizes.slice(0, 4)).toEqual([16, 16, 4, 4]);
});

test('every run but the last holds a multiple of four rows, whatever the speed', () => {
  for (const [limit, rows] of [
    [1000, 777],
    [37, 301],
    [4, 19],
  ]) {
    const sizes = simulate(measuredBatching(limit), rows, (n) => 1e-3 + ((n * 7919) % 13) * 1e-4);
    expect(sizes.slice(0, -1).every((size) => size % 4 === 0)).toBe(true);
  }
});

test('a fixed size is kept', () => {
  expect(simulate(fixedBatching(7), 20, () => 1)).toEqual([7, 7, 6]);
});
