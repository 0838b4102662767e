import type { Defined } from './definition.js';

/** A table of definitions by name, typed by these names: a name that is not there does not compile. */
export type TableOf<All extends Readonly<Record<string, Defined>>> = {
  readonly [K in keyof All as All[K]['definition']['name']]: All[K]['definition'];
};

/** The table of all definitions that a module exports (`import * as all`), in alphabetical order of their names. */
export function tableOf<All extends Readonly<Record<string, Defined>>>(all: All): TableOf<All> {
  const rows = Object.values(all).map(({ definition }) => [definition.name, definition] as const);
  // The names of the rows are those of the type.
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1))) as TableOf<All>;
}
