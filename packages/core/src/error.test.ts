import { expect, test, vi } from 'vitest';
import { fail, OnnxplainError } from './error.js';

test('an error of another copy of the library is an instance of OnnxplainError, and other errors are not', async () => {
  vi.resetModules();
  const copy = await import('./error.js');
  expect(copy.OnnxplainError).not.toBe(OnnxplainError);
  const diagnosis = { code: 'usage', where: 'here', expected: 'this', got: 'that' } as const;
  expect(() => copy.fail(diagnosis)).toThrow(OnnxplainError);
  expect(() => fail(diagnosis)).toThrow(copy.OnnxplainError);
  for (const other of [new Error('usage'), undefined, 'usage', { code: 'usage' }]) {
    expect(other instanceof OnnxplainError).toBe(false);
  }
});
