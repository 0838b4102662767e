import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { key, stream } from '@onnxplain/core';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BuiltProgram, builtProgram } from '../../test/built-program.js';
import { folderWith, linearModel, npy, onnxplain, onnxplainUnder } from '../../test/models.js';

const models = join(import.meta.dirname, '../../../../models');
const folder = folderWith({ 'm.onnx': linearModel(), 'x.npy': npy([3, 4]) });
let program: BuiltProgram;
beforeAll(async () => {
  program = await builtProgram();
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true });
});
const at = (name: string) => join(folder, name);

const images = ['0', '3', '7'].map((digit) => join(models, `digits/${digit}.png`));
const digits = [
  ...['evaluate', join(models, 'mnist-cnn.onnx'), '--input', ...images, '--batch', '32', '--quiet'],
  ...[
    '--explainer',
    'gradient',
    'smooth(gradient, gaussian(0.2), draws=32)',
    'optimal(square(9), draws=100)',
  ],
  ...['--metric', 'infidelity(square(9), draws=100)', 'sensitivity-max(radius=0.1, draws=2)'],
];

/** Runs the command line, and kills its processes at once when `isDue` says so. Returns the exit code; null: killed. */
function inProcess(argv: readonly string[], isDue: () => boolean): Promise<number | null> {
  const child = spawn(process.execPath, [program.main, ...argv], { stdio: 'ignore', detached: true });
  const watch = setInterval(() => isDue() && child.pid && process.kill(-child.pid, 'SIGKILL'), 2);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', async (code) => {
      clearInterval(watch);
      // The process that does the work may still be ending, with its lock.
      while (isAlive(-Number(child.pid))) await setTimeout(5);
      resolve(code);
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Every file below a folder with its bytes; of the record what does not tell the time. */
function contentOf(out: string): Readonly<Record<string, string>> {
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(out, name)).isFile(),
  );
  const timeless = files.filter((name) => !['record.json', 'report.html'].includes(name)).toSorted();
  const bytes = timeless.map((name) => [name, readFileSync(join(out, name), 'base64')] as const);
  return { ...Object.fromEntries(bytes), record: timelessRecord(out) };
}

function timelessRecord(out: string): string {
  const {
    created: _,
    timings: __,
    request,
    ...rest
  }: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
  const command = request.command?.map((word) => (word === relative('', out) ? 'OUT' : word));
  return JSON.stringify({ ...rest, request: { ...request, command } });
}

test('a run that is killed again and again leaves the same files, byte for byte, as one that is not', {
  timeout: 600_000,
}, async () => {
  expect(await inProcess([...digits, '-o', at('whole')], () => false)).toBe(0);
  const cells = at('killed/ledger/cells.jsonl');
  const draws = stream(key(5));
  const size = () => (existsSync(cells) ? statSync(cells).size : 0);
  let kills = 0;
  for (let exit: number | null = null; exit !== 0; ) {
    const before = size();
    const kept = before > 0 ? readFileSync(cells) : Buffer.alloc(0);
    // Twice at the next byte, however slow this machine looks at the file; then within the next few cells.
    const due = before + 1 + (kills < 2 ? 0 : Math.floor(draws.uniform() * 9000));
    exit = await inProcess([...digits, '-o', at('killed'), '--resume'], () => size() >= due);
    if (exit !== null) break;
    kills++;
    expect(readFileSync(cells).subarray(0, kept.lastIndexOf('\n') + 1)).toEqual(
      kept.subarray(0, kept.lastIndexOf('\n') + 1),
    );
  }
  expect(kills).toBeGreaterThan(1);
  expect(contentOf(at('killed'))).toEqual(contentOf(at('whole')));
  expect(existsSync(at('killed/ledger'))).toBe(false);
});

const linear = (...more: readonly string[]) => [
  ...['evaluate', at('m.onnx'), '--input', at('x.npy'), '--explainer', 'gradient', 'random'],
  ...['--metric', 'infidelity(gaussian(1), draws=20)', ...more],
];

/** Runs until something is written to the ledger, then stops. */
async function stopped(out: string): Promise<string> {
  const controller = new AbortController();
  const cells = join(out, 'ledger/cells.jsonl');
  const watch = setInterval(() => existsSync(cells) && statSync(cells).size > 0 && controller.abort(), 1);
  const slow = linear('sensitivity-max(draws=400)', '--batch', '1');
  const { exit, err } = await onnxplainUnder(controller.signal, ...slow, '-o', out);
  clearInterval(watch);
  expect(exit).toBe(130);
  return err;
}

test('a stopped run says how to go on, and says when it goes on', async () => {
  const out = at('stopped');
  expect(await stopped(out)).toMatch(
    /\d+ finished (cell is|cells are) kept in .*--resume goes on from there/,
  );
  const cells = join(out, 'ledger/cells.jsonl');
  writeFileSync(cells, readFileSync(cells).subarray(0, -3));
  const slow = linear('sensitivity-max(draws=400)', '--batch', '1');
  const { exit, err } = await onnxplain(...slow, '-o', out, '--resume');
  expect(exit).toBe(0);
  expect(err).toMatch(/the last line was cut off; its \d+ bytes are dropped/);
  expect(readdirSync(out).toSorted()).toEqual(['attributions', 'record.json', 'report.html']);
});

test.each([
  ['another seed', ['--seed', '1'], /seed: 0 before, 1 now/],
  ['another target', ['--target', '1'], /target: "predicted" before, 1 now/],
  ['another metric', ['--metric', 'sensitivity-max'], /metrics\[2\]/],
  ['no --resume', [], /--resume goes on/],
])('%s is refused, and nothing is lost', async (name, more, words) => {
  const out = at(name);
  await stopped(out);
  const before = readFileSync(join(out, 'ledger/cells.jsonl'));
  const going = name === 'no --resume' ? [] : ['--resume'];
  const argv = [...linear('sensitivity-max(draws=400)', '--batch', '1'), '-o', out, ...more, ...going];
  const { exit, err } = await onnxplain(...argv);
  expect(exit).toBe(2);
  expect(err).toMatch(words);
  expect(readFileSync(join(out, 'ledger/cells.jsonl'))).toEqual(before);
});

test('a run with failed cells keeps its ledger; --resume tries only those again, and a run without it starts anew', async () => {
  const out = at('failing');
  // A window of 9 elements does not fit into 2, so that this explainer fails, and with it what measures it.
  const argv = [...linear(), '--explainer', 'occlusion(9)', '-o', out];
  const first = await onnxplain(...argv);
  expect(first.exit).toBe(3);
  expect(first.err).toMatch(
    /6 cells failed; .*ledger keeps the others: --resume tries the failed ones again/,
  );
  const record = timelessRecord(out);
  const again = await onnxplain(...argv, '--resume');
  expect(again.exit).toBe(3);
  expect(again.err).toMatch(/6 of 12 cells were finished before/);
  expect(again.err).toMatch(/6 cells that failed before are tried again/);
  expect(timelessRecord(out)).toBe(record);
  const anew = await onnxplain(...argv);
  expect(anew.exit).toBe(3);
  expect(anew.err).not.toContain('before');
  expect(timelessRecord(out)).toBe(record);
});
