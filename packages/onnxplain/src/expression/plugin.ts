import { type Defined, type Definition, fail, setOwn } from '@onnxplain/core';
import { type Kind, type Tables, withArticle } from './tables.js';

/** Definitions of a user, and the file that they come from. */
export interface Plugin {
  readonly definitions: readonly Defined[];
  /** The path as it was given, and the SHA-256 of the file's bytes; absent for definitions that were not loaded from a file. */
  readonly source?: PluginSource;
}

export interface PluginSource {
  readonly file: string;
  readonly sha256: string;
}

/** The files of plugins; undefined where there are none. */
export function pluginSources(plugins: readonly Plugin[]): readonly PluginSource[] | undefined {
  const sources = plugins.flatMap(({ source }) => source ?? []);
  return sources.length === 0 ? undefined : sources;
}

/** The tables with the definitions of plugins added. Throws `plugin-clash` for a name that another definition of the kind has. */
export function tablesWith(tables: Tables, plugins: readonly Plugin[]): Tables {
  const all: Record<Kind, Record<string, Definition<unknown>>> = copyOf(tables);
  const owners = new Map<string, string>();
  for (const { definitions, source } of plugins) {
    const owner = source === undefined ? 'a plugin' : `the plugin ${source.file}`;
    for (const { definition } of definitions) {
      const { kind, name } = definition;
      if (Object.hasOwn(all[kind], name)) refuseClash(owner, definition, owners.get(`${kind} ${name}`));
      setOwn(all[kind], name, definition);
      owners.set(`${kind} ${name}`, owner);
    }
  }
  // Each table has the definitions of its kind only.
  return all as Tables;
}

const copyOf = (tables: Tables): Record<Kind, Record<string, Definition<unknown>>> => ({
  explainer: { ...tables.explainer },
  metric: { ...tables.metric },
  perturbation: { ...tables.perturbation },
  attack: { ...tables.attack },
  solver: { ...tables.solver },
  rules: { ...tables.rules },
});

function refuseClash(where: string, { kind, name }: Definition<unknown>, other = 'onnxplain'): never {
  return fail({
    code: 'plugin-clash',
    where,
    expected: `a name that no other ${kind} has`,
    got: `"${name}", which is ${withArticle(kind)} of ${other}`,
    remedy: 'Choose another name in its definition.',
  });
}
