import { type Definition, type Diagnosis, type OnnxplainError, tensor } from '@onnxplain/core';
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

function diagnosisOf(text: string, wanted: Kind): Diagnosis {
  try {
    make(text, wanted);
  } catch (error) {
    return (error as OnnxplainError).diagnosis;
  }
  throw new Error(`${text} makes something`);
}

function remedyFor(text: string, wanted: Kind): string {
  const { code, remedy } = diagnosisOf(text, wanted);
  expect(code).toBe('kind-mismatch');
  return remedy ?? '';
}

/** The options of all definitions that take something that is made by name, with the kind that they take. */
const takers: readonly (readonly [kind: Kind, name: string, option: string, taken: Kind])[] = KINDS.flatMap(
  (kind) =>
    Object.values<Definition<unknown>>(tables[kind]).flatMap(({ name, takes }) =>
      Object.entries(takes).map(([option, taken]) => [kind, name, option, taken] as const),
    ),
);

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

  test.each(pairs)(
    'every %s given for %s by its name alone is answered by expressions that can be made',
    (kind, wanted) => {
      const names = Object.keys(tables[kind]).filter((name) => lookUp(tables, wanted, name) === undefined);
      expect(names.length).toBeGreaterThan(0);
      const constants = { 'file.npy': tensor([1, 0], [2]) };
      for (const name of names) {
        const found = flagged(remedyFor(name, wanted));
        expect(found.length, name).toBeGreaterThan(0);
        for (const [flag, expression] of found)
          expect(() => make(expression, flag, { constants }), expression).not.toThrow();
      }
    },
  );

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
    ['gaussian', 'explainer', 'smooth(gradient, gaussian(sigma=0.5))'],
    ['gaussian(-1)', 'explainer', 'smooth(gradient, gaussian(sigma=0.5))'],
    ['square', 'metric', 'infidelity(square(size=2))'],
    ['smooth(gradient, gaussian)', 'metric', 'smooth(gradient, gaussian(sigma=0.3), draws=9)'],
    ['fixed', 'metric', 'infidelity(fixed(file.npy))'],
    ['fixed(deltas.npy)', 'explainer', 'smooth(gradient, fixed(deltas.npy))'],
  ] as const)('of %s given for %s the remedy names %s', (text, wanted, expression) => {
    expect(flagged(remedyFor(text, wanted)).map(([, named]) => named)).toContain(expression);
  });

  test.each([
    ['lrp-epsilon(nonsense=3)', 'explainer', 'lrp(rule=epsilon)', 'epsilon, first'],
    ['lrp-gamma(gama=1, first=flat)', 'explainer', 'lrp(rule=gamma, first=flat)', 'gamma, first'],
    ['lrp-epsilon(epsilon=none)', 'explainer', 'lrp(rule=epsilon)', 'epsilon, first'],
    ['lrp(rule=epsilon, nonsense=3)', 'rules', 'lrp-epsilon', 'epsilon, first'],
  ] as const)(
    'of %s given for %s the remedy leaves out what its definition refuses',
    (text, wanted, expression, options) => {
      const remedy = remedyFor(text, wanted);
      expect(flagged(remedy).map(([, named]) => named)).toEqual([expression]);
      expect(remedy).toContain(`The options of these rules: ${options}.`);
    },
  );

  test('of rules without options the remedy says that they have none', () => {
    expect(remedyFor('lrp-flat(nonsense=3)', 'explainer')).toContain(
      "'lrp(rule=flat)'. They have no options.",
    );
  });

  test('a program that asks for a perturbation is told the function that makes the other kind', () => {
    expect(remedyFor('gradient', 'perturbation')).toBe('makeExplainer of onnxplain/pipeline makes it.');
  });

  test('an option of another kind shows how its definition is written', () => {
    expect(remedyFor('smooth(square(8), gradient)', 'explainer')).toContain('smooth(inner, perturbation,');
  });

  test.each(takers)('of the %s %s, the option %s names all that is no %s', (kind, name, option, taken) => {
    const others = KINDS.flatMap((other) => Object.keys(tables[other])).filter(
      (other) => lookUp(tables, taken, other) === undefined,
    );
    for (const other of others)
      expect(diagnosisOf(`${name}(${option}=${other})`, kind)).toMatchObject({
        code: 'kind-mismatch',
        where: `${name}(${option})`,
        got: expect.stringMatching(new RegExp(`^the .*${other}$`)),
      });
  });

  test.each([
    [
      'smooth(gradient, infidelity, draws=5)',
      'smooth(perturbation): expected a perturbation, got the metric infidelity',
    ],
    ['times-input(gaussian)', 'times-input(inner): expected an explainer, got the perturbation gaussian'],
    [
      'minimum-perturbation(attack=gaussian)',
      'minimum-perturbation(attack): expected an attack, got the perturbation',
    ],
    [
      'smooth(gradient, occlusion(stride=0))',
      'smooth(perturbation): expected a perturbation, got the explainer',
    ],
    ['occlusion(gaussian)', 'occlusion(window): expected a size or a list of sizes, got "gaussian"'],
    ['smooth(gradient, gaussian)', 'gaussian(sigma): expected a positive number, got nothing'],
  ])('of %s the error names the option', (text, message) => {
    expect(() => make(text, 'explainer')).toThrow(message);
  });
});
