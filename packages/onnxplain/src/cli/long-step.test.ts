import { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { onLongStep } from './long-step.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function followed() {
  const child = new ChildProcess();
  const said: string[] = [];
  let end = () => {};
  const ended = new Promise<{ kind: 'exit'; code: number }>((resolve) => {
    end = () => resolve({ kind: 'exit', code: 0 });
  });
  onLongStep({ child, ended }, (text) => said.push(text));
  return { child, said, end };
}

test('a process that sends nothing for ten seconds gets one line that says how to end it', () => {
  const { child, said } = followed();
  vi.advanceTimersByTime(9000);
  child.emit('message', { kind: 'alive' });
  vi.advanceTimersByTime(9000);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect(said).toEqual([expect.stringMatching(/10 s so far.*Ctrl-C ends it, --time-limit/)]);
  child.emit('message', { kind: 'alive' });
  vi.advanceTimersByTime(30_000);
  expect(said).toHaveLength(1);
});

test('a process that has ended gets no line', async () => {
  const { said, end } = followed();
  end();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(said).toEqual([]);
});
