import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@onnxplain/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { examplePlan } from '../test/plan.js';
import { openLedger } from './open.js';
import { runCells } from './run.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'onnxplain-ledger-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const folder = () => join(root, 'out', 'ledger');
const cellsFile = () => join(folder(), 'cells.jsonl');
const names = ['explain-0000-00', 'explain-0000-01', 'explain-0001-00'];

/** A ledger with the first three cells, closed. */
async function threeCells(): Promise<void> {
  const ledger = await openLedger(folder(), examplePlan());
  for (const [i, name] of names.entries()) {
    await ledger.append(name, { number: i, values: tensor([i, i + 0.5], [2]) });
  }
  await ledger.close();
}

const resume = () => openLedger(folder(), examplePlan(), { resume: true });

test('a ledger that is opened again has the finished cells with their arrays and files', async () => {
  const ledger = await openLedger(folder(), examplePlan());
  const files = new Map([['pictures/a.png', Uint8Array.of(1, 2)]]);
  await ledger.append('a', { values: tensor([1, 2], [2]) }, { files });
  await ledger.close();
  const again = await resume();
  expect(await again.read('a', 'values')).toEqual(tensor([1, 2], [2]));
  expect(await again.file('a', 'pictures/a.png')).toEqual(Buffer.of(1, 2));
  await again.close();
});

test('a file that is cut off at any byte keeps all complete lines, and a notice tells what is dropped', async () => {
  await threeCells();
  const whole = readFileSync(cellsFile());
  const ends = [...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1);
  // From the end of the first line on: before that nothing is finished.
  for (let length = ends[0]; length <= whole.length; length++) {
    writeFileSync(cellsFile(), whole.subarray(0, length));
    const ledger = await resume();
    const lines = ends.filter((end) => end <= length).length;
    expect([...ledger.lines.keys()]).toEqual(names.slice(0, lines));
    expect(ledger.notices).toHaveLength(ends.includes(length) ? 0 : 1);
    await ledger.append('next', { number: 9 });
    expect(readFileSync(cellsFile()).subarray(0, ends[lines - 1])).toEqual(
      whole.subarray(0, ends[lines - 1]),
    );
    expect(readFileSync(cellsFile(), 'utf8').split('\n')).toHaveLength(lines + 2);
    await ledger.close();
  }
});

test('a whole line with any byte changed is refused', async () => {
  await threeCells();
  const whole = readFileSync(cellsFile());
  for (let at = 0; at < whole.length; at += 7) {
    if (whole[at] === 0x0a) continue;
    const changed = Uint8Array.from(whole);
    changed[at] ^= 1;
    writeFileSync(cellsFile(), changed);
    // A changed byte may itself be a line feed, which makes two wrong lines of one.
    await expect(resume()).rejects.toMatchObject({ code: 'file-format' });
  }
});

test('an array that was changed is refused when it is read', async () => {
  await threeCells();
  const [array] = readdirSync(folder()).filter((name) => name.startsWith(names[1]));
  const bytes = readFileSync(join(folder(), array));
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(join(folder(), array), bytes);
  const ledger = await resume();
  expect(await ledger.read(names[1], 'number')).toBe(1);
  await expect(ledger.read(names[1], 'values')).rejects.toMatchObject({ code: 'file-format' });
  await ledger.close();
});

test('another plan is refused with its differences, and finished cells are not overwritten without resume', async () => {
  await threeCells();
  const before = readFileSync(cellsFile());
  const other = openLedger(folder(), examplePlan({ seed: 1 }), { resume: true });
  await expect(other).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('seed: 0 before, 1 now'),
  });
  const fresh = openLedger(folder(), examplePlan());
  await expect(fresh).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('--resume') });
  expect(readFileSync(cellsFile())).toEqual(before);
});

test('a folder that holds other files is refused and not changed', async () => {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), 'accounts.txt'), 'mine');
  await expect(openLedger(folder(), examplePlan())).rejects.toMatchObject({ code: 'usage' });
  expect(readdirSync(folder())).toEqual(['accounts.txt']);
});

test('without a finished cell nothing is left, not even folders that were made', async () => {
  const ledger = await openLedger(folder(), examplePlan());
  await ledger.close();
  expect(readdirSync(root)).toEqual([]);
});

test('a run computes each cell once, however often it is stopped, and in the order of the plan', async () => {
  const done: string[] = [];
  for (let stop = 1; stop <= 4; stop++) {
    const controller = new AbortController();
    const ledger = await resume();
    const run = runCells(examplePlan(), ledger, {
      signal: controller.signal,
      compute: async (cell) => ({ result: { cell: { ...cell } } }),
      onProgress: ({ stage, done: count }) => {
        done.push(`${stage} ${count}`);
        if (done.length % 2 === 0) controller.abort();
      },
    });
    await run.catch((error: unknown) => expect(error).toMatchObject({ code: 'aborted' }));
    await ledger.close();
  }
  expect(done).toEqual(['explain 1', 'explain 2', 'explain 3', 'explain 4', 'measure 1', 'measure 2']);
  expect(existsSync(folder())).toBe(true);
});
