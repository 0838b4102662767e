import { type OnnxplainError, tensor } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { make, tables } from './registry.js';
import { synonyms } from './synonyms.js';
import { KINDS, type Kind, lookUp } from './tables.js';

const rows = KINDS.flatMap((kind) =>
  Object.entries(synonyms[kind] ?? {}).map(([name, expression]) => [kind, name, expression] as const),
);

function remedyFor(text: string, kind: Kind): string | undefined {
  try {
    make(text, kind);
  } catch (error) {
    return (error as OnnxplainError).diagnosis.remedy;
  }
  throw new Error(`${text} makes something`);
}

test.each(rows)('the %s that others call %s is made by %s', (kind, name, expression) => {
  expect(lookUp(tables, kind, name)).toBeUndefined();
  expect(remedyFor(name, kind)).toBe(`Here it is written ${expression}.`);
  const constants = { 'file.npy': tensor([1, 0], [2]) };
  expect(() => make(expression, kind, { constants })).not.toThrow();
});

test.each([
  ['IntegratedGradients', 'explainer', 'Did you mean integrated-gradients?'],
  ['SmoothGrad', 'explainer', 'Here it is written smooth(gradient, gaussian(0.1)).'],
  ['input_x_gradient', 'explainer', 'Here it is written times-input(gradient).'],
  ['smooth(saliency, gaussian(0.1))', 'explainer', 'Here it is written gradient.'],
  ['sens-max', 'metric', 'Here it is written sensitivity-max.'],
] as const)('the name %s for %s is answered by: %s', (text, kind, remedy) => {
  expect(remedyFor(text, kind)).toBe(remedy);
});
