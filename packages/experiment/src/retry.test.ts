import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { examplePlan } from '../test/plan.js';
import { openLedger } from './open.js';
import { cellName } from './plan.js';
import { runCells } from './run.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'onnxplain-retry-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const folder = () => join(root, 'ledger');
const lineCount = () => readFileSync(join(folder(), 'cells.jsonl'), 'utf8').trimEnd().split('\n').length;

/** Runs the example plan; cells of `failing` fail. Concludes the ledger. Returns the names of the cells that were computed. */
async function run(attempt: number, failing: readonly string[], resume = true): Promise<readonly string[]> {
  const computed: string[] = [];
  const ledger = await openLedger(folder(), examplePlan(), { resume });
  await runCells(examplePlan(), ledger, {
    compute: async (cell) => {
      computed.push(cellName(cell));
      return { result: { attempt }, failed: failing.includes(cellName(cell)) };
    },
  });
  await ledger.conclude();
  return computed;
}

const failing = ['explain-0001-00', 'measure-0001-00'];

test('a resumed run computes the failed cells again and no other', async () => {
  expect(await run(1, failing)).toHaveLength(6);
  expect(await run(2, failing.slice(1))).toEqual(failing);
  expect(await run(3, [])).toEqual(failing.slice(1));
});

test('the lines of failed attempts stay, and the latest line of a cell counts', async () => {
  await run(1, failing);
  await run(2, failing.slice(1));
  expect(lineCount()).toBe(8);
  const ledger = await openLedger(folder(), examplePlan(), { resume: true });
  const attempts = await Promise.all(failing.map((cell) => ledger.read(cell, 'attempt')));
  expect(attempts).toEqual([2, 2]);
  expect(await ledger.read('explain-0000-00', 'attempt')).toBe(1);
  expect(failing.map((cell) => ledger.lines.get(cell)?.failed)).toEqual([undefined, true]);
  expect([...ledger.lines.keys()].slice(-2)).toEqual(failing);
  await ledger.close();
});

test('a ledger goes away with its last failed cell, and not before', async () => {
  await run(1, failing);
  expect(existsSync(folder())).toBe(true);
  await run(2, []);
  expect(readdirSync(root)).toEqual([]);
});

test('without resume, a run with failed cells that was recorded starts anew', async () => {
  await run(1, failing);
  expect(await run(2, failing, false)).toHaveLength(6);
  expect(lineCount()).toBe(6);
});

test('a retry that was stopped is refused without resume, as any stopped run', async () => {
  await run(1, failing);
  const ledger = await openLedger(folder(), examplePlan(), { resume: true });
  await ledger.append(failing[0], { attempt: 2 });
  await ledger.close();
  await expect(openLedger(folder(), examplePlan())).rejects.toMatchObject({ code: 'usage' });
});
