/** Writes the help of options into the built types, so that editors show it for the options of a call. Run by `pnpm build`, after tsc. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Defined } from '@onnxplain/core';
import { withHelp } from './hover-docs/with-help.js';

const packages = join(import.meta.dirname, '../packages');

for (const file of [
  'core/dist/perturb/definitions.js',
  'explainers/dist/definitions.js',
  'attacks/dist/definitions.js',
  'metrics/dist/definitions.js',
]) {
  const path = join(packages, file);
  const definitions: Readonly<Record<string, Defined>> = await import(pathToFileURL(path).href);
  const folder = join(path, '..');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) =>
    each.endsWith('.d.ts'),
  )) {
    const types = join(folder, name);
    const text = readFileSync(types, 'utf8');
    const documented = withHelp(text, definitions);
    if (documented !== text) writeFileSync(types, documented);
  }
}
