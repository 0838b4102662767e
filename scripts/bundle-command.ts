/**
 * Bundles the command line into packages/onnxplain/dist/bin. Reading its thousand modules one by one takes half a second at each start. Run by
 * `pnpm build`, after tsc.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type InputOptions, type OutputChunk } from 'rolldown';

const root = join(import.meta.dirname, '..');

const common: InputOptions = { platform: 'node', external: ['onnxruntime-node'] };
const minify = { compress: false, mangle: false, codegen: { removeWhitespace: true } } as const;

/** Bundles the built command line of the package `onnxplain` into a folder, which is emptied before. What one command alone needs is in files of its own. */
export async function bundleCommand(dist: string, folder: string): Promise<readonly OutputChunk[]> {
  const { output } = await build({
    ...common,
    input: { main: join(dist, 'cli/main.js'), worker: join(dist, 'cli/bundled-worker.js') },
    output: { dir: folder, format: 'esm', cleanDir: true, minify },
  });
  await bundleWorker(dist, folder);
  return output.filter((file) => file.type === 'chunk');
}

/** Imports of other modules that stay in the bundle: ONNX Runtime and plugins. */
const IMPORTS = 2;

/** The names that bundled-worker.ts hands to the script, which has no `import` of its own. */
const NAMES = 'exports, require, __filename, importModule';

/** Bundles the process that does the work into one script, `worker.script`, and writes the code that V8 compiles of it. */
async function bundleWorker(dist: string, folder: string): Promise<void> {
  const { output } = await build({
    ...common,
    input: join(dist, 'cli/worker.js'),
    write: false,
    output: { format: 'cjs', codeSplitting: false, minify },
  });
  const [{ code }] = output;
  const found = code.match(IMPORT)?.length;
  if (found !== IMPORTS) throw new Error(`expected ${IMPORTS} imports in the bundled program, got ${found}`);
  const body = code.replace(IMPORT, 'importModule(').replace(BEYOND_ASCII, escaped);
  writeFileSync(join(folder, 'worker.script'), `(function (${NAMES}) {${body}\n})`);
  await writeCode(folder);
}

const IMPORT = /\bimport\(/g;

/** Written as escapes, because V8 reads a script of ASCII alone in a third of the time. */
const BEYOND_ASCII = /[^\0-\x7f]/g;
const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Runs a short command, so that the code of what most commands need is compiled, and writes it to `worker.code`. */
async function writeCode(folder: string): Promise<void> {
  const model = join(root, 'models/mnist-cnn.onnx');
  const input = ['--input', join(root, 'models/digits/7.png'), '--explainer', 'gradient', '--quiet'];
  const child = spawn(process.execPath, [join(root, 'scripts/write-code.mjs'), folder], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send({ kind: 'run', argv: ['explain', model, ...input] });
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`the bundled program ended with ${status}`);
}

if (process.argv[1] === import.meta.filename) {
  const dist = join(root, 'packages/onnxplain/dist');
  await bundleCommand(dist, join(dist, 'bin'));
}
