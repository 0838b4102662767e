import { counted, fail, own } from '@onnxplain/core';
import { type ColumnNames, isTable, type LoadedCard, type Source } from '@onnxplain/files';
import type { Port } from '@onnxplain/runtime';

/** Returns the model's names for the columns of a table that an input takes; undefined where it has none. */
export type ColumnsOf = (port: Port) => ColumnNames | undefined;

export interface NamingOptions {
  readonly features: LoadedCard['features'];
  /** Name of the input to explain; undefined where the caller gave none. */
  readonly name: string | undefined;
  /** Names of the inputs that get one value for all rows. */
  readonly fed: readonly string[];
}

/**
 * Returns a function that gives the names of an input's columns. Where the card has one list of names, it belongs to the explained input,
 * or to the only input that it fits.
 */
export function columnNaming(inputs: readonly Port[], { features, name, fed }: NamingOptions): ColumnsOf {
  const listed = Array.isArray(features) ? features : undefined;
  const open = inputs.filter((port) => !fed.includes(port.name));
  const owner =
    open.find((port) => port.name === name) ??
    only(open) ??
    only(open.filter((port) => listed !== undefined && widthOf(port) === listed.length));
  return (port) => {
    const names =
      listed === undefined ? byInput(features, port.name) : port.name === owner?.name ? listed : undefined;
    if (names === undefined) return undefined;
    expectWidth(port, names);
    return { all: names, own: names, from: 'the model card' };
  };
}

const only = <T>(list: readonly T[]): T | undefined => (list.length === 1 ? list[0] : undefined);

function byInput(features: LoadedCard['features'], input: string): readonly string[] | undefined {
  if (features === undefined || Array.isArray(features)) return undefined;
  return Object.hasOwn(features, input)
    ? own(features as Readonly<Record<string, readonly string[]>>, input)
    : undefined;
}

/** Returns how many columns of a table an input takes; undefined for inputs that a table cannot hold. */
function widthOf({ dims }: Port): number | undefined {
  if (dims?.length === 1) return 1;
  return dims?.length === 2 && typeof dims[1] === 'number' ? dims[1] : undefined;
}

function expectWidth(port: Port, names: readonly string[]): void {
  const width = widthOf(port);
  if (width === undefined || width === names.length) return;
  fail({
    code: 'option-value',
    where: 'model card (features)',
    expected: `${counted(width, 'name')} for the input "${port.name}"`,
    got: `${names.length}`,
  });
}

/**
 * Assigns the columns of tables that name no input to several inputs, where every input has names for its columns: those of the card or,
 * for an input of one column, the name of the input. Inputs that already have a value or a file get no columns.
 */
export function dividedTables(
  sources: readonly Source[],
  { inputs, fed, columnsOf }: { inputs: readonly Port[]; fed: readonly string[]; columnsOf: ColumnsOf },
): readonly Source[] {
  const taken = [...fed, ...sources.flatMap(({ input = [] }) => input)];
  const open = inputs.filter(({ name }) => !taken.includes(name));
  const names = open.map((port) => columnsOf(port)?.own ?? (widthOf(port) === 1 ? [port.name] : undefined));
  const all = names.flatMap((own = []) => own);
  const distinct = names.every((own) => own !== undefined) && new Set(all).size === all.length;
  if (open.length < 2 || !distinct) return sources;
  const from = open.some((port) => columnsOf(port) !== undefined) ? 'the model card' : 'the model';
  return sources.flatMap((source) => {
    if (source.input !== undefined || !isTable(source)) return [source];
    return open.map((port, i) => ({
      ...source,
      input: port.name,
      columns: { all, own: names[i] ?? [], from },
    }));
  });
}
