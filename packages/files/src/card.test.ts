import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxplainError } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { cardOf } from './card.js';

const page = readFileSync(join(import.meta.dirname, '../../onnxplain/docs/model-card.md'), 'utf8');

test('the example of the model card is a card', () => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  const { labels, ...fields } = JSON.parse(example);
  expect(labels).toMatch(/\.json$/);
  expect(cardOf(fields, 'example')).toMatchObject({ channels: 'bgr', output: 'pool10_1' });
});

test('the page on cards has a row for every field that a card may have', () => {
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
