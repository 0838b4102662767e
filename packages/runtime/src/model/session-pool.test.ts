import { expect, test } from 'vitest';
import type { Session } from '../session/session.js';
import { sessionPool } from './session-pool.js';

/** A session that records what happens to it; its runs end when `finish` is called, or at once. */
function fakeSession(log: string[], name: string, gate?: Promise<void>): Session {
  let released = false;
  let seconds = 0;
  return {
    inputs: [],
    outputs: [],
    get seconds() {
      return seconds;
    },
    async run() {
      if (released) throw new Error(`${name} was released`);
      await gate;
      seconds += 1;
      log.push(`run ${name}`);
      return {};
    },
    async release() {
      released = true;
      log.push(`release ${name}`);
    },
  };
}

const source = (name: string) => () => ({ model: name });

function poolOf(limit: number, gate?: Promise<void>) {
  const log: string[] = [];
  const pool = sessionPool({
    name: 'the model',
    limit,
    async open({ model }) {
      log.push(`open ${model}`);
      return fakeSession(log, String(model), gate);
    },
  });
  return { pool, log };
}

test('a session of more than the limit releases the one that was used longest ago, and no other', async () => {
  const { pool, log } = poolOf(2);
  for (const key of ['a', 'b', 'a', 'c']) await pool.session(key, source(key));
  expect(log).toEqual(['open a', 'open b', 'open c', 'release b']);
  expect(pool.size).toBe(2);
});

test('a session that was dropped during a run is released after the run, and opened again for the next one', async () => {
  let finish = () => {};
  const { pool, log } = poolOf(
    1,
    new Promise((resolve) => {
      finish = resolve;
    }),
  );
  const a = await pool.session('a', source('a'));
  const running = a.run({});
  await pool.session('b', source('b'));
  expect(log).toEqual(['open a', 'open b']);
  expect(pool.size).toBe(2);
  finish();
  await running;
  expect(log).toEqual(['open a', 'open b', 'run a', 'release a']);
  await a.run({});
  expect(log.slice(4)).toEqual(['open a', 'release b', 'run a']);
  expect(a.seconds).toBe(2);
  expect(pool.size).toBe(1);
});

test('many sessions used at once through a pool of one all give their results', async () => {
  const { pool } = poolOf(1);
  const keys = Array.from({ length: 20 }, (_, i) => `graph ${i}`);
  const twice = await Promise.all(
    [...keys, ...keys].map(async (key) => (await pool.session(key, source(key))).run({})),
  );
  expect(twice).toHaveLength(40);
  expect(pool.size).toBe(1);
});

test('a session that does not open fails for those who wait for it, and is tried again', async () => {
  let attempts = 0;
  const pool = sessionPool({
    name: 'the model',
    limit: 1,
    async open() {
      if (++attempts === 1) throw new Error('no memory');
      return fakeSession([], 'a');
    },
  });
  const waiting = [pool.session('a', source('a')), pool.session('a', source('a'))];
  for (const each of waiting) await expect(each).rejects.toThrow('no memory');
  expect(pool.size).toBe(0);
  await expect(pool.session('a', source('a'))).resolves.toMatchObject({ seconds: 0 });
  expect(attempts).toBe(2);
});

test('a closed pool has released every session and opens no more', async () => {
  const { pool, log } = poolOf(2);
  const a = await pool.session('a', source('a'));
  await pool.session('b', source('b'));
  await pool.close();
  expect(log).toEqual(['open a', 'open b', 'release a', 'release b']);
  await expect(a.run({})).rejects.toMatchObject({ code: 'closed' });
  await expect(pool.session('c', source('c'))).rejects.toMatchObject({ code: 'closed' });
  await pool.close();
  expect(log).toHaveLength(4);
});
