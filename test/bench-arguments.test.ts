import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What a bench prints, and the code with which it ends. */
async function bench(file: string, ...args: readonly string[]) {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const run = promisify(execFile)(process.execPath, [...loader, `bench/${file}`, ...args], options);
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** Benches, without the files that they import. */
const benches = readdirSync(join(root, 'bench')).filter((name) => {
  const isModule = () => /^export /m.test(readFileSync(join(root, 'bench', name), 'utf8'));
  return name.endsWith('.ts') && !isModule();
});

const USAGE = /^usage: (tsx|node --expose-gc|node) bench\/[^\n]+\n$/;

test.each(benches)('bench/%s reads its arguments by benchArguments', (name) => {
  const text = readFileSync(join(root, 'bench', name), 'utf8');
  expect(text).toMatch(/^(const .* = )?benchArguments\(\{/m);
  expect(text).not.toContain('process.argv');
});

test.each(['start.ts', 'peak-once.mjs'])('bench/%s prints its usage for --help', async (file) => {
  const { code, stdout, stderr } = await bench(file, '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(USAGE);
  expect(stdout).toContain(file);
});

test.each([
  ['threads.ts', ['--rounds', '1']],
  ['optimal.ts', ['--model', 'm.onnx']],
  ['start.ts', ['m.onnx']],
  ['compile-once.mjs', []],
  ['peak-once.mjs', ['job']],
])('bench/%s with the arguments %j ends with 2 and its usage', async (file, args) => {
  const { code, stdout, stderr } = await bench(file, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(USAGE);
});

test.each([
  ['captum.ts', ['--jobs', 'nothing'], 'no job nothing; there are infidelity'],
  ['captum.ts', ['nothing'], 'no network nothing; there are lenet'],
  ['captum.ts', ['--python', './nothing'], '--python: spawn ./nothing ENOENT'],
])('bench/%s with the arguments %j ends with 2 and one line', async (file, args, reason) => {
  const { code, stderr } = await bench(file, ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).toContain(reason);
});

test('an option that a bench does not have ends it with 2, its name and the usage', async () => {
  const { code, stderr } = await bench('start.ts', '--nonsense');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^Unknown option '--nonsense'[^\n]*\nusage: tsx bench\/start\.ts \[--rounds 9\]\n$/);
});
