import { fail } from '@onnxplain/core';
import type { Model } from '@onnxplain/runtime';
import type { Preprocessing } from '../files/image.js';
import { type LoadedInputs, loadSources, type NamedInput } from '../files/load.js';
import type { Source } from '../files/sources.js';
import type { Subject } from './subject.js';

/** What was read of one explained input, by the input of the model, or the inner value, that it is a row of. */
export type Row = Readonly<Record<string, NamedInput>>;

export interface LoadedRows {
  /** The value itself, or the input that it is made of: what an explained input is called after, and written like. */
  readonly main: string;
  readonly loaded: LoadedInputs;
  /** One for each of `loaded.inputs`. */
  readonly rows: readonly Row[];
}

export interface RowsOptions {
  readonly sources: readonly Source[];
  /** How pictures become rows of what files without a name hold. */
  readonly pictures: Preprocessing | undefined;
}

/**
 * Reads the files that hold rows; those of several inputs go together in their order. Throws `usage` for files that could be of several
 * inputs, `feed-name` where none is of the explained one, `feed-shape` for other numbers of rows, and what `loadSources` throws.
 */
export async function loadRows(
  model: Model,
  subject: Subject,
  { sources, pictures }: RowsOptions,
): Promise<LoadedRows> {
  const read = new Map<string, LoadedInputs>();
  const { held } = subject;
  for (const [name, files] of byInput(sources, subject)) {
    const port = name === held?.name ? held : model.inputs.find((each) => each.name === name);
    const dims = port?.dims?.slice(1);
    read.set(name, await loadSources(files, { dims, pictures: port === held ? pictures : undefined }));
  }
  const main = held?.name ?? subject.madeOf.find(({ name }) => read.has(name))?.name ?? subject.port.name;
  const loaded = read.get(main) ?? refuseNoRows(main);
  for (const [name, { inputs }] of read) expectAsMany(name, inputs.length, loaded.inputs.length);
  const rows = loaded.inputs.map((_, i) =>
    Object.fromEntries([...read].map(([name, { inputs }]) => [name, inputs[i]] as const)),
  );
  return { main, loaded, rows };
}

function byInput(sources: readonly Source[], subject: Subject): ReadonlyMap<string, readonly Source[]> {
  const files = new Map<string, Source[]>();
  for (const source of sources) {
    const name = source.input ?? subject.held?.name ?? refuseUnnamed(subject);
    files.set(name, [...(files.get(name) ?? []), source]);
  }
  return files;
}

function expectAsMany(name: string, rows: number, wanted: number): void {
  if (rows === wanted) return;
  const expected = `${wanted} rows, one for each explained input`;
  fail({ code: 'feed-shape', where: `input "${name}"`, expected, got: `${rows}` });
}

function refuseUnnamed({ port, madeOf }: Subject): never {
  const named = madeOf.map(({ name }) => `${name}=FILE`).join(' ');
  return fail({
    code: 'usage',
    where: '--input',
    expected: `files named after the inputs that "${port.name}" is made of: ${named}`,
    got: 'a file without a name',
  });
}

function refuseNoRows(name: string): never {
  return fail({
    code: 'feed-name',
    where: `input "${name}"`,
    expected: 'a value',
    got: 'none',
    remedy: `Give it: --input ${name}=FILE.npy.`,
  });
}
