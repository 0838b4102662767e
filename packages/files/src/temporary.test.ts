import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWhole } from './disk.js';
import { removeAbandonedIn, temporaryName } from './temporary.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnxplain-'));
  mkdirSync(join(folder, 'pictures'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes what a process that has ended left of a file. */
function abandon(path: string): void {
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(temporaryName(path).replace(`-${process.pid}-`, `-${pid}-`), 'part');
}
const parts = () =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.part'));

test('writing a file removes what a dead process left of it, and nothing of other files or of living processes', async () => {
  for (const name of ['a', 'ab']) abandon(join(folder, name));
  writeFileSync(temporaryName(join(folder, 'a')), 'still written');
  await writeWhole(join(folder, 'a'), 'whole');
  expect(
    parts()
      .map((name) => name.split('.')[0])
      .sort(),
  ).toEqual(['a', 'ab']);
});

test('cleaning a folder removes what dead processes left anywhere in it, and nothing of living ones', async () => {
  for (const name of ['a', 'pictures/b']) abandon(join(folder, name));
  writeFileSync(temporaryName(join(folder, 'c')), 'still written');
  writeFileSync(join(folder, 'd'), 'whole');
  await removeAbandonedIn(folder);
  expect(parts().map((name) => name.split('.')[0])).toEqual(['c']);
  expect(readdirSync(folder)).toContain('d');
});

test('cleaning a folder follows no link, so that it ends and leaves other folders as they are', async () => {
  mkdirSync(join(folder, 'out'));
  for (const [name, target] of [
    ['a', '.'],
    ['b', '.'],
    ['c', '../pictures'],
  ] as const)
    symlinkSync(target, join(folder, 'out', name));
  abandon(join(folder, 'pictures/b'));
  await removeAbandonedIn(join(folder, 'out'));
  expect(readdirSync(join(folder, 'pictures'))).toHaveLength(1);
});
