import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installBuild, installedBuild, moveBuild, removeAbandoned } from '../scripts/install-build.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnxplain-builds-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a build whose program imports a second file a moment after it started, and prints the names that both have of their build. */
function write(name: string): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'part.js'), `export const name = '${name}';\n`);
  writeFileSync(
    join(folder, name, 'main.js'),
    `await new Promise((resolve) => setTimeout(resolve, 50));
     const { name } = await import('./part.js');
     console.log('${name}', name);\n`,
  );
}

const run = promisify(execFile);
const printed = async () => (await run(process.execPath, [join(folder, 'main.js')])).stdout.trim().split(' ');
const entries = () =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .toSorted();

test('commands that start while builds are replaced read all files of one build', {
  timeout: 20_000,
}, async () => {
  write('build-0');
  installBuild(folder, 'build-0');
  const started = Array.from({ length: 4 }, () => printed());
  await new Promise((resolve) => setTimeout(resolve, 5));
  write('build-1');
  installBuild(folder, 'build-1');
  const later = Array.from({ length: 4 }, () => printed());
  for (const [program, part] of await Promise.all([...started, ...later])) expect(part).toBe(program);
  expect(await printed()).toEqual(['build-1', 'build-1']);
});

test('the build before the latest stays, is left out of the package, and goes with the next one', () => {
  for (const name of ['first', 'second']) {
    write(name);
    installBuild(folder, name);
  }
  expect(entries()).toEqual(['first', 'main.js', 'second']);
  expect(readFileSync(join(folder, '.npmignore'), 'utf8')).toBe('first\n');
  write('third');
  installBuild(folder, 'third');
  expect(entries()).toEqual(['main.js', 'second', 'third']);
  expect(readFileSync(join(folder, '.npmignore'), 'utf8')).toBe('second\n');
});

test('of two processes that make one build at once, both find it in its place', () => {
  for (const staged of ['staged-1', 'staged-2']) {
    write(staged);
    moveBuild(join(folder, staged), join(folder, 'same'));
  }
  installBuild(folder, 'same');
  expect(entries()).toEqual(['main.js', 'same']);
  expect(() => moveBuild(join(folder, 'none'), join(folder, 'nowhere'))).toThrow(/ENOENT/);
});

test('staged builds that were left behind an hour ago are removed, those of now stay', () => {
  const builds = join(folder, 'bin');
  const long = new Date(Date.now() - 2 * 3_600_000);
  for (const name of ['bin', 'bin-AbCd12', 'bin-EfGh34', 'bin-of-somebody']) {
    mkdirSync(join(folder, name));
    if (name !== 'bin-EfGh34') utimesSync(join(folder, name), long, long);
  }
  removeAbandoned(builds);
  expect(entries()).toEqual(['bin', 'bin-EfGh34', 'bin-of-somebody']);
});

test('to install a build again changes nothing', () => {
  for (const name of ['first', 'second', 'second']) {
    if (!entries().includes(name)) write(name);
    installBuild(folder, name);
  }
  expect(entries()).toEqual(['first', 'main.js', 'second']);
  expect(installedBuild(folder)).toBe('second');
});

test('files of builds without a folder of their own are removed', () => {
  writeFileSync(join(folder, 'main.js'), "await import('./program-1234.js');\n");
  writeFileSync(join(folder, 'program-1234.js'), '');
  write('first');
  installBuild(folder, 'first');
  expect(entries()).toEqual(['first', 'main.js']);
});
