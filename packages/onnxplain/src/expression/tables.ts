import {
  type Attack,
  type BackwardRules,
  type Definition,
  type DefinitionKind,
  definitionKinds,
  type Explainer,
  type Metric,
  own,
  type Perturbation,
  type Solver,
} from '@onnxplain/core';

/** Things that can be made by name, by kind. */
export interface MadeOf {
  readonly explainer: Explainer;
  readonly metric: Metric;
  readonly perturbation: Perturbation;
  readonly attack: Attack;
  readonly solver: Solver;
  readonly rules: Rules;
}

/** Backward rules in the form that `grad` and `score` take, with the expression that makes them again. */
export interface Rules {
  readonly expression: string;
  readonly rules: BackwardRules;
}

export type Kind = DefinitionKind;
export type Table<Made> = Readonly<Record<string, Definition<Made>>>;
export type Tables = { readonly [K in Kind]: Table<MadeOf[K]> };

/** All kinds, in the order in which names are looked up. */
export const KINDS = definitionKinds;

/** The row of a name, or undefined; never a property inherited from Object. */
export function lookUp(tables: Tables, kind: Kind, name: string): Definition<unknown> | undefined {
  const table: Table<unknown> = tables[kind];
  return own(table, name);
}

/** The kinds that have this name, in the order of {@link KINDS}. */
export function kindsOf(tables: Tables, name: string): readonly Kind[] {
  return KINDS.filter((kind) => Object.hasOwn(tables[kind], name));
}

/** A kind with its article; the word rules is a plural. */
export function withArticle(kind: Kind): string {
  if (kind === 'rules') return 'backward rules';
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
