import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'onnxplain-runtime-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The place of a native library in a package of the version. */
function installed(version: string): string {
  const root = join(folder, version, 'node_modules/onnxruntime-node');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'onnxruntime-node', version }));
  return join(root, 'bin/napi-v6/linux/x64/onnxruntime_binding.node');
}

/** Runs a program in a process of its own, whose one ONNX Runtime is not that of the tests. Returns what it prints as JSON. */
function printedBy(program: string): unknown {
  const file = join(folder, 'main.mjs');
  const source = (name: string) => pathToFileURL(join(import.meta.dirname, name)).href;
  writeFileSync(
    file,
    `import { createRequire } from 'node:module';
     import { onnxRuntime } from ${JSON.stringify(source('onnxruntime.ts'))};
     import { onnxRuntimeVersion, useOnnxRuntime } from ${JSON.stringify(source('used-runtime.ts'))};
     const outcome = (work) => Promise.resolve().then(work).then((value) => ({ value }), ({ code, message }) => ({ code, message }));
     const { cache } = createRequire(import.meta.url);
     ${program}`,
  );
  const node = ['--import', 'tsx', '--conditions=source', file];
  return JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
}

test('a copy of another version that the process has loaded is named, with its place and what to do', () => {
  const library = installed('1.21.0');
  expect(
    printedBy(`
      cache[${JSON.stringify(library)}] = {};
      console.log(JSON.stringify(await outcome(onnxRuntime)));`),
  ).toEqual({
    code: 'runtime-copies',
    message: expect.stringMatching(
      /one onnxruntime-node in the process, got onnxruntime-node 1\.21\.0 in .*, which was loaded before, and onnxruntime-node 1\.\d+\.\d+ in .*npm ls.*useOnnxRuntime/,
    ),
  });
});

test('the runtime that an application hands in is used instead, and no other one after it', () => {
  const library = installed('1.21.0');
  const printed = printedBy(`
    cache[${JSON.stringify(library)}] = {};
    const own = { InferenceSession: class {}, env: { versions: { node: '1.21.0' } } };
    const missing = await outcome(onnxRuntimeVersion);
    useOnnxRuntime(own);
    const same = await outcome(async () => (await onnxRuntime()) === own);
    const another = await outcome(() => useOnnxRuntime({ ...own, InferenceSession: class {} }));
    console.log(JSON.stringify({ missing: missing.code, same, level: own.env.logLevel, version: onnxRuntimeVersion(), another: another.code }));`);
  expect(printed).toEqual({
    missing: 'runtime-missing',
    same: { value: true },
    level: 'fatal',
    version: '1.21.0',
    another: 'runtime-copies',
  });
});

test('a second copy of the same version is no reason to refuse', () => {
  const printed = printedBy(`
    const { version } = createRequire(${JSON.stringify(import.meta.url)})('onnxruntime-node/package.json');
    console.log(JSON.stringify(version));`);
  const library = installed(String(printed));
  expect(
    printedBy(`
      cache[${JSON.stringify(library)}] = {};
      console.log(JSON.stringify(await outcome(async () => typeof (await onnxRuntime()).InferenceSession.create)));`),
  ).toEqual({ value: 'function' });
});
