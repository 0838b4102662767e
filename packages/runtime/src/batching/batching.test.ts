import { expect, test } from 'vitest';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';

/** Feeds `rows` rows to a made-up machine and returns the sizes it ran. */
function simulate(batching: Batching, rows: number, secondsOf: (size: number) => number): number[] {
  const sizes: number[] = [];
  for (let left = rows; left > 0; left -= sizes.at(-1) ?? 0) {
    const size = batching.next(left, left < rows);
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThanOrEqual(left);
    sizes.push(size);
    batching.observe(size, secondsOf(size));
  }
  return sizes;
}

const ofLimit = (limit: number) => measuredBatching({ limit });

test('the fastest size so far is compared with the next smaller one, then with the next larger, until both are slower', () => {
  // Overhead of 1 ms per run until 64 rows; beyond, the cache is left and rows cost three times as much.
  const sizes = simulate(ofLimit(100_000), 6000, (n) => 1e-3 + n * (n > 64 ? 3e-5 : 1e-5));
  expect(sizes.slice(0, 17)).toEqual([16, 8, 16, 8, 16, 8, 32, 64, 32, 64, 32, 128, 64, 128, 64, 128, 64]);
  expect(Math.max(...sizes.slice(17))).toBeLessThanOrEqual(64);
  expect(simulate(ofLimit(100_000), 64, () => 1)).not.toContain(128);
});

test.each([4, 16, 64])('from a start of %i rows the search finds the size of least time', (start) => {
  for (const fastest of [4, 8, 32, 256]) {
    const batching = measuredBatching({ limit: 1024, start });
    const secondsOf = (n: number) => n * (1 + 0.2 * Math.abs(Math.log2(n / fastest))) * 1e-4;
    simulate(batching, 8000, secondsOf);
    expect(batching.next(1000 * fastest)).toBe(fastest);
  }
});

test('no larger size is tried where the last step up gained less than three percent', () => {
  const batching = ofLimit(1024);
  // Rows are 2.5 % faster in runs of 16 than in runs of 8.
  const secondsOf = (n: number) => (n + 0.4) * 1e-2;
  expect(Math.max(...simulate(batching, 2000, secondsOf))).toBe(16);
  expect(simulate(batching, 50, secondsOf)).toEqual([16, 12, 12, 10]);
});

test('rows up to the next size, which was not tried, run at once where none of their request ran before', () => {
  const batching = ofLimit(1024);
  simulate(batching, 2000, (n) => (n + 0.4) * 1e-2);
  expect([batching.next(27), batching.next(32), batching.next(33)]).toEqual([27, 32, 12]);
  expect([batching.next(27, true), batching.next(16, true)]).toEqual([16, 16]);
});

test('the search ends for requests of few rows, and goes on when a larger one comes', () => {
  const secondsOf = (n: number) => 1e-3 + n * 1e-5;
  const batching = ofLimit(1024);
  const chunks = Array.from({ length: 12 }, () => simulate(batching, 27, secondsOf));
  expect(Math.max(...chunks.flat())).toBeLessThanOrEqual(27);
  for (const sizes of chunks.slice(8)) expect(sizes).toEqual([27]);
  simulate(batching, 20_000, secondsOf);
  expect(batching.next(10_000)).toBeGreaterThan(500);
});

test('rows that a run of nearly the best speed can take are not divided, others are', () => {
  // Rows per second: 4 % fewer with 64 rows than with 32, a third fewer with 128.
  const batching = ofLimit(1024);
  simulate(batching, 8000, (n) => (n * 1e-4) / (n <= 32 ? 1 - 1 / n : n <= 64 ? 0.93 : 0.6));
  expect(batching.next(32)).toBe(32);
  expect(batching.next(50)).toBe(50);
  expect(batching.next(64)).toBe(64);
  expect(batching.next(65)).toBe(24);
  const steep = ofLimit(1024);
  simulate(steep, 8000, (n) => (n * 1e-4) / (n <= 32 ? 1 - 1 / n : 0.8));
  expect(steep.next(50)).toBe(28);
});

test('requests of fewer rows than the start run whole', () => {
  const batching = measuredBatching({ limit: 1024, start: 64 });
  for (let i = 0; i < 12; i++) expect(simulate(batching, 27, () => 1e-3)).toEqual([27]);
});

test('runs of one row decide nothing', () => {
  const batching = ofLimit(1024);
  for (let i = 0; i < 10; i++) simulate(batching, 1, () => 1e-3);
  expect(batching.next(100)).toBe(16);
});

test('a slow first run at every size does not decide', () => {
  const seen = new Set<number>();
  const sizes = simulate(ofLimit(4096), 40_000, (n) => {
    const cold = !seen.has(n);
    seen.add(n);
    return (cold ? 0.2 : 0) + 1e-3 + n * 1e-6;
  });
  expect(sizes.at(-2)).toBeGreaterThan(500);
});

test('a start whose first run was slow is compared with smaller sizes all the same', () => {
  const batching = measuredBatching({ limit: 1024, start: 128 });
  let ran = 0;
  // Rows of small runs take 2.5 % longer: too little for a size that did not run.
  simulate(batching, 4000, (n) => n * 1e-3 * (n < 128 ? 1.025 : 1) * (ran++ === 0 ? 8 : 1));
  expect(batching.next(1024)).toBe(128);
});

test('no size below the least is compared, and fewer rows run at once', () => {
  const batching = measuredBatching({ limit: 1024, start: 128, least: 64 });
  const sizes = simulate(batching, 10_000, (n) => n * n * 1e-5);
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(60);
  expect([batching.next(64), batching.next(50), batching.next(3)]).toEqual([64, 50, 3]);
});

test('a moment in which the machine is three times slower does not decide', () => {
  const secondsOf = (n: number) => 1e-3 + n * 1e-5;
  for (let slow = 0; slow < 14; slow++) {
    const batching = ofLimit(1024);
    let run = 0;
    const busy = () => slow <= run && run < slow + 4;
    simulate(batching, 15_000, (n) => {
      const seconds = secondsOf(n) * (busy() ? 3 : 1);
      run++;
      return seconds;
    });
    expect(batching.next(10_000)).toBeGreaterThan(900);
  }
});

test('no size exceeds the limit, nor one that would block the loop for more than a second', () => {
  expect(Math.max(...simulate(ofLimit(25), 500, () => 1e-3))).toBe(24);
  expect(Math.max(...simulate(ofLimit(1), 5, () => 1e-3))).toBe(1);
  expect(Math.max(...simulate(ofLimit(1e6), 5000, (n) => 0.01 + n * 0.01))).toBe(64);
});

test('the tail is shared out instead of leaving a crumb', () => {
  const batching = ofLimit(16);
  simulate(batching, 100, () => 1e-3);
  expect(simulate(batching, 17, () => 1e-3)).toEqual([12, 5]);
});

test('shrinking halves the rows that failed, down to one row, and then gives up', () => {
  const batching = ofLimit(16);
  expect([batching.shrink(5), batching.next(100)]).toEqual([true, 2]);
  expect([batching.shrink(2), batching.next(100)]).toEqual([true, 1]);
  expect(batching.shrink(1)).toBe(false);
});

test('a model that needs seconds for the first size gets a smaller one', () => {
  const sizes = simulate(ofLimit(1000), 40, (n) => n * 0.2);
  expect(sizes.slice(0, 4)).toEqual([16, 4, 4, 4]);
});

test('every run but the last holds a multiple of four rows, whatever the speed', () => {
  for (const [limit, rows] of [
    [1000, 777],
    [37, 301],
    [4, 19],
  ]) {
    const sizes = simulate(ofLimit(limit), rows, (n) => 1e-3 + ((n * 7919) % 13) * 1e-4);
    expect(sizes.slice(0, -1).every((size) => size % 4 === 0)).toBe(true);
  }
});

test('a fixed size is kept', () => {
  expect(simulate(fixedBatching(7), 20, () => 1)).toEqual([7, 7, 6]);
});
