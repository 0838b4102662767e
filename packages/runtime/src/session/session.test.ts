import { write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { floats, linear } from '../../test/models.js';
import { openSession, ortSeconds } from './session.js';

const x = floats([2, 3], [1, 0, 0, 0, 1, 1]);

test('a session computes x W^T + b and names its inputs and outputs', async () => {
  const session = await openSession(write(linear()));
  expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['N', 3] }]);
  expect(session.outputs).toEqual([{ name: 'logits', dtype: 'float32', dims: ['N', 2] }]);
  const { logits } = await session.run({ x });
  expect(logits.dims).toEqual([2, 2]);
  expect(Array.from(logits.data as Float32Array)).toEqual([1.25, 0, 1.25, 1.5]);
  await session.release();
});

test('bytes that are no model fail with session-failed and the runtime error as cause', async () => {
  const error = await openSession(new Uint8Array([1, 2, 3]), { name: 'junk' }).catch((e) => e);
  expect(error.code).toBe('session-failed');
  expect(error.message).toContain('junk');
  expect(error.cause).toBeInstanceOf(Error);
});

test('a run that fails inside the runtime says so and leaves the session usable', async () => {
  const session = await openSession(write(linear()));
  const wide = floats([1, 4], [1, 2, 3, 4]);
  await expect(session.run({ x: wide })).rejects.toMatchObject({ code: 'run-failed' });
  expect((await session.run({ x })).logits.dims).toEqual([2, 2]);
  await session.release();
});

test('a released session refuses to run, and releasing twice is fine', async () => {
  const session = await openSession(write(linear()));
  await session.release();
  await session.release();
  await expect(session.run({ x })).rejects.toMatchObject({ code: 'closed' });
});

test('float16 goes in and out as bits', async () => {
  const session = await openSession(write(linear('N', 'float16')));
  const half = { dtype: 'float16', dims: [1, 3], data: Uint16Array.of(0x3c00, 0, 0) } as const;
  const { logits } = await session.run({ x: half });
  expect(logits.data).toBeInstanceOf(Uint16Array);
  expect(Array.from(logits.data as Uint16Array)).toEqual([0x3d00, 0]);
  await session.release();
});

test('seconds count the native time only, not the time other work of the loop takes', async () => {
  const session = await openSession(write(linear()));
  await session.run({ x });
  const [own, all] = [session.seconds, ortSeconds()];
  setImmediate(() => {
    for (const until = performance.now() + 1000; performance.now() < until; );
  });
  await session.run({ x });
  expect(session.seconds - own).toBeGreaterThan(0);
  expect(session.seconds - own).toBeLessThan(0.5);
  expect(ortSeconds() - all).toBeCloseTo(session.seconds - own, 9);
  await session.release();
});
