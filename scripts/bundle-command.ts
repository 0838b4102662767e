/**
 * Bundles the command line into packages/onnxplain/dist/bin. Reading its thousand modules one by one takes half a second at each start. Run by
 * `pnpm build`, after tsc.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build, type InputOptions, type OutputChunk } from 'rolldown';
import { installBuild, moveBuild, removeAbandoned } from './install-build.js';

const root = join(import.meta.dirname, '..');

const common: InputOptions = { platform: 'node', external: ['onnxruntime-node'] };
const minify = { compress: false, mangle: false, codegen: { removeWhitespace: true } } as const;

export interface Bundled {
  /** The modules of the process that watches, and of the commands that it runs itself. */
  readonly chunks: readonly OutputChunk[];
  /** The folder of the bundle. */
  readonly build: string;
}

/**
 * Bundles the built command line of the package `onnxplain` into a subfolder of `folder` that is named by its content, and makes
 * `folder/main.js` start it. Commands that run or start meanwhile read the bundle before. What one command alone needs is in files of its own.
 */
export async function bundleCommand(dist: string, folder: string): Promise<Bundled> {
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder);
  // Beside the folder, because a rename does not leave its file system, and the program finds ONNX Runtime from there.
  const staged = mkdtempSync(`${folder}-`);
  try {
    const { output } = await build({
      ...common,
      input: { main: join(dist, 'cli/main.js'), worker: join(dist, 'cli/bundled-worker.js') },
      output: { dir: staged, format: 'esm', minify },
    });
    writeFileSync(join(staged, 'worker.script'), await workerScript(dist));
    const name = nameOf(staged);
    if (!existsSync(join(folder, name))) {
      await writeCode(staged);
      // A temporary folder is its owner's alone.
      chmodSync(staged, 0o755);
      moveBuild(staged, join(folder, name));
    }
    installBuild(folder, name);
    return { chunks: output.filter((file) => file.type === 'chunk'), build: join(folder, name) };
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** Names a bundle by its files and by the version of node, whose V8 compiles the code. */
function nameOf(folder: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of readdirSync(folder).toSorted())
    hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Imports of other modules that stay in the bundle: ONNX Runtime and plugins. */
const IMPORTS = 2;

/** The names that bundled-worker.ts hands to the script, which has no `import` of its own. */
const NAMES = 'exports, require, __filename, importModule';

/** Bundles the process that does the work into one script. */
async function workerScript(dist: string): Promise<string> {
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
  return `(function (${NAMES}) {${body}\n})`;
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
