/** Runs the commands and programs of the page on gradient models, and compares what they print with the page. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { main } from 'onnxplain/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/gradient-models.md'), 'utf8');

/** Returns the code blocks of a language, in order. */
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1]);

const [printed, printedOfBatch, printedOfLarge] = blocks('text');
const [pixels] = blocks('ts');
const [inNode, inBrowser, ofLarge] = blocks('js');
const [inPython, ofBatch] = blocks('python');

/** The commands, each with the output that the page shows. */
const commands = blocks('console').flatMap((text) =>
  [...text.matchAll(/^\$ onnxplain (.*)\n(.*\n)/gm)].map(([, line, output]) => ({ line, output })),
);

const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);

async function onnxplain(line: string): Promise<string> {
  const captured: string[] = [];
  const out = { write: (text: string) => captured.push(text) };
  await main(wordsOf(line), { out, err: process.stderr });
  return captured.join('');
}

const run = async (file: string, argv: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(file, argv, { cwd: folder });
  return stdout;
};

/** Runs a program as a module of its own, with the sources of this repository. */
function module(name: string, program: string): Promise<string> {
  writeFileSync(join(folder, name), program);
  return run(process.execPath, ['--conditions=source', '--import', 'tsx', name]);
}

const floats = (name: string): Float32Array =>
  new Float32Array(new Uint8Array(readFileSync(join(folder, name))).buffer);

function gap(one: string, other: string): number {
  const [a, b] = [floats(one), floats(other)];
  expect(a.length).toBe(784);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

const home = process.cwd();
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(root, 'test', '.gradient-'));
  symlinkSync(join(root, 'models'), join(folder, 'models'));
  await module('pixels.ts', pixels);
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

describe('on the page about gradient models', () => {
  test.each(commands)('$line prints what it says', async ({ line, output }) => {
    expect(await onnxplain(line)).toBe(output);
  });

  test('the program for Node prints what it says', async () => {
    const program = [
      "import * as files from 'node:fs';",
      inNode,
      "files.writeFileSync('node.f32', gradient.data);",
    ];
    expect(await module('node.mjs', program.join('\n'))).toBe(printed);
  });

  test('the module of the web page prints what it says, with the WebAssembly build under Node', async () => {
    const fetch = 'globalThis.fetch = async (file) => new Response(files.readFileSync(file));';
    const keep = "files.writeFileSync('web.f32', gradient.data);";
    const program = ["import * as files from 'node:fs';", fetch, inBrowser, keep, ofLarge].join('\n');
    expect(await module('page.mjs', program)).toBe(printed + printedOfLarge);
    expect(gap('node.f32', 'web.f32')).toBeLessThan(2e-6);
  });

  const missing = spawnSync('python3', ['-c', 'import onnxruntime']).status !== 0;
  test.skipIf(missing)(
    `the Python program prints what it says${missing ? ' (skipped: python3 has no onnxruntime)' : ''}`,
    async () => {
      const program = [inPython, ofBatch, "gradient.tofile('python.f32')"].join('\n');
      expect(await run('python3', ['-c', program])).toBe(printed + printedOfBatch);
      expect(gap('node.f32', 'python.f32')).toBeLessThan(2e-6);
    },
  );
});
