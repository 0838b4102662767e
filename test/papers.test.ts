/** Every expression of the tables makes something, and the same again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from 'onnxplain';
import { writeNpy } from 'onnxplain/files';
import { expressionIn, papers, readings } from 'onnxplain/papers';
import { makeExplainer, makeMetric } from 'onnxplain/pipeline';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'papers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const background = join(folder, 'background.npy');
writeFileSync(background, writeNpy(tensor([0, 1], [2, 1])));

const tables = Object.values(papers).flat();
const cases = tables.flatMap((table) =>
  readings.map((reading) => [`${table.paper} ${table.id}, ${reading}`, table, reading] as const),
);

test.each(cases)('the expressions of table %s make explainers and metrics', (_, table, reading) => {
  const check = (make: (text: string) => { readonly expression: string }, text: string) => {
    const { expression } = make(text.replace('{background}', background));
    expect(make(expression).expression).toBe(expression);
  };
  for (const { explainer } of table.rows) check(makeExplainer, expressionIn(explainer, reading));
  for (const { metric } of table.columns) check(makeMetric, expressionIn(metric, reading));
});
