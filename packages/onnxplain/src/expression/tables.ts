import {
  type BackwardRules,
  type Definition,
  type Explainer,
  type Metric,
  OnnxplainError,
  type Perturbation,
  type Solver,
} from '@onnxplain/core';

/** Things that can be made by name, by kind. */
export interface MadeOf {
  readonly explainer: Explainer;
  readonly metric: Metric;
  readonly perturbation: Perturbation;
  readonly solver: Solver;
  readonly rules: Rules;
}

/** Backward rules in the form that `grad` and `score` take, with the expression that makes them again. */
export interface Rules {
  readonly expression: string;
  readonly rules: BackwardRules;
}

export type Kind = keyof MadeOf;
export type Table<Made> = Readonly<Record<string, Definition<Made>>>;
export type Tables = { readonly [K in Kind]: Table<MadeOf[K]> };

export const KINDS = [
  'explainer',
  'metric',
  'perturbation',
  'solver',
  'rules',
] as const satisfies readonly Kind[];

/** The row of a name, or undefined; never a property inherited from Object. */
export function lookUp(tables: Tables, kind: Kind, name: string): Definition<unknown> | undefined {
  const table: Table<unknown> = tables[kind];
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The kinds that have this name, in the order of {@link KINDS}. */
export function kindsOf(tables: Tables, name: string): readonly Kind[] {
  return KINDS.filter((kind) => Object.hasOwn(tables[kind], name));
}

/** Which kinds a field of an options schema takes: it is shown one thing of each that needs no options. */
export function kindsTaken(
  tables: Tables,
  field: Definition<unknown>['options']['shape'][string],
): readonly Kind[] {
  return KINDS.filter((kind) => {
    const sample = sampleOf(tables[kind]);
    return sample !== undefined && field.safeParse(sample).success;
  });
}

const samples = new WeakMap<object, unknown>();

function sampleOf(table: Table<unknown>): unknown {
  if (!samples.has(table)) samples.set(table, firstMade(table));
  return samples.get(table);
}

/** Needs one row that can be made without options: every table has one (gradient, inverse, ...). */
function firstMade(table: Table<unknown>): unknown {
  for (const row of Object.values(table)) {
    try {
      return row.make({});
    } catch (error) {
      if (!(error instanceof OnnxplainError)) throw error;
    }
  }
  return undefined;
}
