import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** The command line as JavaScript: a process of it starts many times faster than one that compiles the source. */
export interface BuiltProgram {
  /** The script to start. */
  readonly main: string;
  remove(): void;
}

/** Builds the source of the command line into a new folder. */
export async function builtProgram(): Promise<BuiltProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'onnxplain-program-'));
  const cli = join(import.meta.dirname, '../src/cli');
  await build({
    entryPoints: [join(cli, 'main.ts'), join(cli, 'worker.ts')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['onnxruntime-node'],
    conditions: ['source'],
    // CommonJS libraries call it.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(runtime, join(folder, 'node_modules/onnxruntime-node'), 'junction');
  const main = join(folder, 'main.mjs');
  if (!existsSync(main)) throw new Error(`${main} was not built`);
  return { main, remove: () => rmSync(folder, { recursive: true }) };
}
