import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxplainError } from '@onnxplain/core';
import { expect, test, vi } from 'vitest';
import { cardOf } from './files/card.js';

const home = join(import.meta.dirname, '..');

/** Blocks of a language in a page, in order. */
function blocks(page: string, language: string): readonly string[] {
  const text = readFileSync(join(home, page), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1]);
}

test('the README prints what it says', async () => {
  const folder = mkdtempSync(join(home, 'test', '.readme-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const models = join(home, '../../models/');
    const [code] = blocks('README.md', 'ts').map((text) => text.replaceAll("'models/", `'${models}`));
    writeFileSync(join(folder, 'main.ts'), code);
    await import(join(folder, 'main.ts'));
    expect(log.mock.calls.map((values) => `${values.join(' ')}\n`).join('')).toBe(
      blocks('README.md', 'text')[0],
    );
  } finally {
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test('the example of the model card is a card', () => {
  const [example] = blocks('docs/model-card.md', 'json');
  const { labels, ...fields } = JSON.parse(example);
  expect(labels).toMatch(/\.json$/);
  expect(cardOf(fields, 'example')).toMatchObject({ channels: 'bgr', output: 'pool10_1' });
});

test('the page on cards has a row for every field that a card may have', () => {
  const page = readFileSync(join(home, 'docs/model-card.md'), 'utf8');
  const documented = [...page.matchAll(/^\| ([^|]*) \|/gm)].flatMap((row) =>
    [...row[1].matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(refusal().replace('one of ', '').split(', ').sort()).toEqual(documented.sort());
});

/** What a card with an unknown field is told: the fields that there are. */
function refusal(): string {
  try {
    cardOf({ '?': 0 }, 'example');
  } catch (error) {
    if (error instanceof OnnxplainError) return error.diagnosis.expected;
  }
  throw new Error('an unknown field was taken');
}
