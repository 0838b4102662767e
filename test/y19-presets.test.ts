import { readFileSync } from 'node:fs';
import { paperCodeExplainers } from '@onnxplain/explainers';
import { make } from 'onnxplain';
import { expect, test } from 'vitest';

const page = readFileSync('packages/explainers/README.md', 'utf8');
const [, section = ''] = page.split('## The explanations of Yeh et al. 2019');

/** The cells of the table, its head left out: what it is, and its expressions in the two readings. */
const rows = [...section.split('\n## ')[0].matchAll(/^\| ([^`|]+) \| (`.+`) \| (`.+`) \|$/gm)].map(
  ([, name, text, program]) => ({ name, text, program }),
);

const expressionOf = (cell: string): string => make(cell.replaceAll('`', ''), 'explainer').expression;

test('the table of the explanations of [Y19] has the expressions of the presets of their program', () => {
  const { local, global } = paperCodeExplainers;
  const presets = [local['noisy-baseline'], global['noisy-baseline'], global.square, global.shap];
  expect(rows.map(({ program }) => expressionOf(program))).toEqual(
    presets.map(({ expression }) => expression),
  );
});

test.each(rows)('the expression of the text for $name can be made', ({ text }) => {
  for (const expression of text.split(' or ')) expect(expressionOf(expression)).not.toBe('');
});
