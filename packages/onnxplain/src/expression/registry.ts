import { attacks, fmn, minimum } from '@onnxplain/attacks';
import {
  type Attack,
  type BackwardRules,
  type Definition,
  type Explainer,
  type Layout,
  type Metric,
  option,
  type Perturbation,
  perturbations,
  setOwn,
  solvers,
  type Tensor,
} from '@onnxplain/core';
import { explainers } from '@onnxplain/explainers';
import { type RuleTable, ruleTables } from '@onnxplain/graph';
import { metrics } from '@onnxplain/metrics';
import { type Described, describe } from './describe.js';
import { makeIn } from './make.js';
import { type Plugin, tablesWith } from './plugin.js';
import { type PictureRow, readers, type TableRows } from './readers.js';
import { KINDS, type Kind, type MadeOf, type Rules, type Tables } from './tables.js';

/** The tables of everything that can be made by name, each typed by its names. */
export interface BuiltIn extends Tables {
  readonly explainer: typeof explainers;
  readonly metric: typeof metrics;
  readonly perturbation: typeof perturbations;
  readonly attack: typeof attacks;
  readonly solver: typeof solvers;
  readonly rules: TableOfRules;
}

type TableOfRules = { readonly [Name in keyof typeof ruleTables]: Definition<Rules> };

/** The explainers that compare what an attack finds for thousands of sets of features. */
const MANY_ATTACKS: ReadonlySet<string> = new Set(['greedy', 'greedy-as', 'one-step-banzhaf']);

/** Everything that can be made by name. */
export const tables: BuiltIn = {
  explainer: withDefaultAttack(explainers),
  metric: withDefaultAttack(metrics),
  perturbation: perturbations,
  attack: attacks,
  solver: solvers,
  rules: rulesOf(ruleTables),
};

export interface MakeOptions {
  /** Arrays that options take by name, such as `pad` of a prepared run: `integrated-gradients(baseline=pad)`. */
  readonly constants?: Readonly<Record<string, Tensor>>;
  /** How the tables that options name are read, [rows, columns]; default: all columns, in their order. */
  readonly tableRows?: TableRows;
  /** How the pictures that options name are read; default: they are refused. */
  readonly pictureRow?: PictureRow;
  /** The layout of the input, for options named `layout` that the expression does not give. */
  readonly layout?: Layout;
  /** Definitions of your own, which expressions may name like all others. */
  readonly plugins?: readonly Plugin[];
}

/**
 * Makes what an expression names: `make('smooth(gradient, gaussian(0.1))', 'explainer')`. Without a kind, the first table that has
 * the name. Paths in options are .npy files, or tables of one row, relative to the
 * working folder; `mean(FILE)` is the mean of the rows of a table or array, and `rows(FILE)` all of them. FILE may be a folder of such
 * files.
 * Throws `expression-syntax`, `name-unknown`, `kind-mismatch`, `option-unknown`, `option-value`, `file-*`, and `plugin-clash`.
 */
export function make<K extends Kind = Kind>(
  expression: string,
  kind?: K,
  { constants, layout, tableRows, pictureRow, plugins = [] }: MakeOptions = {},
): MadeOf[K] {
  return makeIn(
    { tables: tablesWith(tables, plugins), constants, layout, ...readers({ tableRows, pictureRow }) },
    expression,
    kind,
  );
}

/** {@link make} for an explainer. */
export const makeExplainer = (expression: string): Explainer => make(expression, 'explainer');

/** {@link make} for a metric. */
export const makeMetric = (expression: string): Metric => make(expression, 'metric');

/** {@link make} for a perturbation. */
export const makePerturbation = (expression: string): Perturbation => make(expression, 'perturbation');

/** {@link make} for backward rules: of `lrp-epsilon(epsilon=0.01)` it gives `{ name: 'lrp-epsilon', epsilon: 0.01 }`. */
export const makeRules = (expression: string): BackwardRules => make(expression, 'rules').rules;

/** Names, options, types and defaults of everything that can be made, by kind. */
export function catalogue(plugins: readonly Plugin[] = []): Readonly<Record<Kind, readonly Described[]>> {
  const all = tablesWith(tables, plugins);
  const rows = KINDS.map((kind) => [kind, describe(all[kind])] as const);
  return Object.fromEntries(rows) as Record<Kind, readonly Described[]>;
}

/**
 * Gives the option `attack` of every definition that takes an attack a default: ten steps of `fmn` where many attacks are compared, which
 * start at points found for similar sets, and else `minimum`, where one attack decides a number. These points are by default found by
 * twenty steps of `fmn` (option `pilots`). The definitions themselves require an attack, because their packages do not know the attacks.
 */
function withDefaultAttack<T extends Readonly<Record<string, Definition<unknown>>>>(table: T): T {
  const rows = Object.entries(table).map(([name, row]) => [
    name,
    row.takes.attack === 'attack'
      ? { ...row, ...attackedBy(row, MANY_ATTACKS.has(name) ? fmn({ steps: 10 }) : minimum()) }
      : row,
  ]);
  // Only the options of rows change.
  return Object.fromEntries(rows) as T;
}

function attackedBy(
  { make, options, takes }: Definition<unknown>,
  otherwise: Attack,
): Pick<Definition<unknown>, 'make' | 'options'> {
  return {
    options: options.extend({ attack: option.attack().default(() => otherwise) }),
    make: (given) => {
      const attack = given.attack ?? otherwise;
      return make({ ...(takes.pilots === 'attack' && pilotsFor(attack)), ...given, attack });
    },
  };
}

/** The default of the option `pilots` beside an attack; none where the attack takes no gradients. */
function pilotsFor(attack: unknown): { readonly pilots?: Attack } {
  const { norm, gradients } = Object(attack);
  return norm === undefined || gradients === false ? {} : { pilots: fmn({ steps: 20, norm }) };
}

/** The tables of backward rules by name, made as what `grad` takes, with their expressions. */
function rulesOf(entries: typeof ruleTables): TableOfRules {
  const rows = Object.entries(entries).map(([name, row]) => [name, rulesRow(row)]);
  // The names are those of the type.
  return Object.fromEntries(rows) as TableOfRules;
}

function rulesRow(row: Definition<RuleTable>): Definition<Rules> {
  return {
    ...row,
    make(options) {
      const { name: expression = row.name } = row.make(options);
      return { expression, rules: { name: row.name, ...numbersAndWords(options) } };
    },
  };
}

/** The options that rules may have; `make` refused all others. */
function numbersAndWords(options: Readonly<Record<string, unknown>>): Record<string, number | string> {
  const found: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(options))
    if (typeof value === 'number' || typeof value === 'string') setOwn(found, name, value);
  return found;
}
