import type { OnnxplainError } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import { make, tables } from './registry.js';
import { KINDS, type Kind, lookUp } from './tables.js';

/** Kinds that are asked for by flags of the same names. */
const asked: readonly Kind[] = ['explainer', 'metric', 'rules'];

/** The values of these flags in a text. */
function flagged(text: string): readonly (readonly [kind: Kind, expression: string])[] {
  return asked.flatMap((kind) =>
    [...text.matchAll(new RegExp(`--${kind} (?:'([^']+)'|([\\w-]+))`, 'g'))].map(
      ([, quoted, bare]) => [kind, quoted ?? bare] as const,
    ),
  );
}

function remedyFor(text: string, wanted: Kind): string {
  try {
    make(text, wanted);
  } catch (error) {
    const { code, diagnosis } = error as OnnxplainError;
    expect(code).toBe('kind-mismatch');
    return diagnosis.remedy ?? '';
  }
  throw new Error(`${text} makes something`);
}

/** Perturbations whose required options are arrays, so that no expression without a file names them. */
const OF_ARRAYS: readonly string[] = ['fixed', 'stored-masks'];

/** The expressions of the examples of a kind, without those that name arrays and those whose name is one of the wanted kind too. */
function examples(kind: Kind, wanted: Kind): readonly string[] {
  return Object.values(tables[kind])
    .filter(({ name }) => lookUp(tables, wanted, name) === undefined && !OF_ARRAYS.includes(name))
    .map(({ make: made, example }) => (made(example) as { readonly expression: string }).expression)
    .filter((text) => !text.includes('tensor('));
}

const pairs = asked.flatMap((wanted) =>
  KINDS.filter((kind) => kind !== wanted).map((kind) => [kind, wanted] as const),
);

describe('an expression of another kind', () => {
  test.each(pairs)('every %s given for %s is answered by expressions that can be made', (kind, wanted) => {
    const texts = examples(kind, wanted);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) {
      const found = flagged(remedyFor(text, wanted));
      expect(found.length, text).toBeGreaterThan(0);
      for (const [flag, expression] of found) expect(() => make(expression, flag)).not.toThrow();
    }
  });

  test.each([
    ['lrp-epsilon(0.01)', 'explainer', 'lrp(rule=epsilon, epsilon=0.01)'],
    ['lrp-gamma(gamma=0.5, first=flat)', 'explainer', 'lrp(rule=gamma, gamma=0.5, first=flat)'],
    ['guided', 'explainer', 'guided-backprop'],
    ['straight-through', 'explainer', 'straight-through'],
    ['lrp(epsilon, epsilon=0.1)', 'rules', 'lrp-epsilon(epsilon=0.1)'],
    ['lrp', 'rules', 'lrp-epsilon-plus'],
    ['deconvolution', 'rules', 'deconv'],
    ['smooth(gradient, gaussian(0.1))', 'rules', 'smooth(gradient, gaussian(0.1))'],
    ['square(8)', 'explainer', 'smooth(gradient, square(8))'],
    ['square(8)', 'metric', 'infidelity(square(8))'],
    ['gradient', 'metric', 'gradient'],
  ] as const)('of %s given for %s the remedy names %s', (text, wanted, expression) => {
    expect(flagged(remedyFor(text, wanted)).map(([, named]) => named)).toContain(expression);
  });

  test('a program that asks for a perturbation is told the function that makes the other kind', () => {
    expect(remedyFor('gradient', 'perturbation')).toBe('makeExplainer of onnxplain/pipeline makes it.');
  });

  test('an option of another kind shows how its definition is written', () => {
    expect(remedyFor('smooth(square(8), gradient)', 'explainer')).toContain('smooth(inner, perturbation,');
  });
});
