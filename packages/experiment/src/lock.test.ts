import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { examplePlan } from '../test/plan.js';
import { lockFolder } from './lock.js';
import { openLedger } from './open.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnxplain-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const locks = () => readdirSync(folder).filter((name) => name.startsWith('lock-'));
const resume = () => openLedger(folder, examplePlan(), { resume: true });

test('this process cannot hold a ledger twice, and leaves no lock where it is refused', async () => {
  const ledger = await resume();
  await ledger.append('a', {});
  await expect(resume()).rejects.toMatchObject({ code: 'usage' });
  await ledger.close();
  await expect(openLedger(folder, examplePlan())).rejects.toMatchObject({ code: 'usage' });
  expect(locks()).toEqual([]);
});

test.each([
  ['of another machine', JSON.stringify({ pid: 1, host: 'elsewhere.invalid', started: 0 })],
  ['that names no process', ''],
])('a lock %s is refused, with the file to remove', async (_, text) => {
  const path = join(folder, 'lock-7');
  writeFileSync(path, text);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'usage',
    diagnosis: { remedy: expect.stringContaining(`remove ${path}`) },
  });
  expect(locks()).toEqual(['lock-7']);
});

test('a lock with the id of this process that is older than the process is taken over', async () => {
  const { pid } = process;
  writeFileSync(join(folder, 'lock-1'), JSON.stringify({ pid, host: hostname(), started: 0 }));
  const lock = await lockFolder(folder);
  expect(locks()).toEqual(['lock-2']);
  expect(lock.notices).toHaveLength(1);
  await lock.release();
  expect(locks()).toEqual([]);
});

test('a folder with other files gets no lock', async () => {
  const foreign = join(folder, 'photos');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'a.jpg'), '');
  await expect(openLedger(foreign, examplePlan())).rejects.toMatchObject({ code: 'usage' });
  expect(readdirSync(foreign)).toEqual(['a.jpg']);
});
