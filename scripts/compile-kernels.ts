import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = join(import.meta.dirname, '../packages/core/assembly/index.ts');

/** Pages of 64 KiB. */
const PAGES = 8;

const FLAGS = [
  ...['--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub'],
  ...['--initialMemory', `${PAGES}`, '--maximumMemory', `${PAGES}`],
  // Functions that one file of the folder exports to another one count as exports here; those of index.ts have no vectors.
  ...['--disableWarning', '112'],
];

/** Width of the lines of base64. */
const WIDTH = 100;

/** Compiles the kernels. Returns the text of the module that has them. Throws where the compiler refuses the source. */
export function compileKernels(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    const binary = join(folder, 'kernels.wasm');
    const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
    execFileSync(process.execPath, [compiler, source, '--outFile', binary, ...FLAGS]);
    return moduleOf(readFileSync(binary, 'base64'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function moduleOf(base64: string): string {
  const lines = base64.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? [];
  return [
    '// Written by scripts/build-kernels.ts from packages/core/assembly.',
    'export const binary =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}
