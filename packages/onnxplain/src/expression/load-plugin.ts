import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Defined, type DefinitionKind, definitionKinds, fail } from '@onnxplain/core';
import type { Plugin } from './plugin.js';

/**
 * Imports ES modules of a user and collects the definitions that they export: by default, one or a list, and by name. A plugin is code that
 * runs with all rights of the process. Throws `plugin-missing` for a file that cannot be read, `plugin-failed` for a module that throws or
 * cannot be imported, and `plugin-invalid` for one that exports no definition or a broken one.
 */
export async function loadPlugins(files: readonly string[]): Promise<readonly Plugin[]> {
  const plugins: Plugin[] = [];
  for (const file of files) plugins.push(await loadPlugin(file));
  return plugins;
}

async function loadPlugin(file: string): Promise<Plugin> {
  const sha256 = createHash('sha256')
    .update(await bytesOf(file))
    .digest('hex');
  // With its hash in the address, a changed file is another module, and the code that runs is the code that was hashed.
  const exported = await importFrom(file, `${pathToFileURL(resolve(file))}?sha256=${sha256}`);
  return { definitions: definitionsIn(file, exported), source: { file, sha256 } };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    return fail(
      {
        code: 'plugin-missing',
        where: `the plugin ${file}`,
        expected: 'a file with an ES module',
        got: absent ? 'no file of that name' : String(cause),
        remedy: 'Paths are relative to the working folder.',
      },
      { cause },
    );
  }
}

async function importFrom(file: string, address: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(/* @vite-ignore */ address);
  } catch (cause) {
    const unresolved = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    return fail(
      {
        code: 'plugin-failed',
        where: `the plugin ${file}`,
        expected: 'an ES module that can be imported',
        got: String(cause),
        remedy: unresolved
          ? 'Install the package in the folder of the plugin, or in one above it: npm install NAME.'
          : `node ${file} shows where the error comes from.`,
      },
      { cause },
    );
  }
}

/** Exports that are not definitions, such as helpers, are passed over; all items of a list by default have to be definitions. */
function definitionsIn(file: string, exported: Readonly<Record<string, unknown>>): readonly Defined[] {
  const { default: main, ...named } = exported;
  const listed = Array.isArray(main) ? main : main === undefined ? [] : [main];
  const stray = listed.findIndex((each) => !carriesDefinition(each));
  if (stray >= 0)
    refuse(
      file,
      `a default export that is ${Array.isArray(main) ? `something else at ${stray}` : 'something else'}`,
    );
  const found = [...new Set([...listed, ...Object.values(named)])].filter(carriesDefinition);
  if (found.length === 0) refuse(file, `exports without one: ${Object.keys(exported).join(', ') || 'none'}`);
  for (const { definition } of found) expectWhole(file, definition);
  return found;
}

const carriesDefinition = (value: unknown): value is Defined =>
  typeof value === 'function' && 'definition' in value && typeof value.definition === 'object';

/** A definition may come from another copy or version of the library, or be written by hand. */
function expectWhole(file: string, { kind, name, options, make }: Defined['definition']): void {
  const kinds: readonly DefinitionKind[] = definitionKinds;
  if (!kinds.includes(kind) || kind === 'rules') refuse(file, `a definition of the kind "${kind}"`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    refuse(file, `the name "${name}", which is not lower-case words with hyphens`);
  if (typeof make !== 'function' || typeof options?.safeParse !== 'function')
    refuse(file, `the incomplete definition of "${name}"`);
}

function refuse(file: string, got: string): never {
  return fail({
    code: 'plugin-invalid',
    where: `the plugin ${file}`,
    expected:
      'exports made by defineExplainer, defineMetric, definePerturbation, defineAttack or defineSolver',
    got,
    remedy: 'docs/plugins.md of the package onnxplain has examples.',
  });
}
