import { counted, didYouMean, fail } from '@onnxplain/core';
import type { Sheet } from './csv.js';

/** Which columns of a table are read. */
export interface ColumnChoice {
  /** Names of columns to read; without a header their numbers from 0. Their order counts where the model has no names. Default: all. */
  readonly columns?: readonly string[];
  /** Names of columns to leave out. */
  readonly drop?: readonly string[];
}

/** The model's names of the columns of a table. */
export interface ColumnNames {
  /** Names of all columns, in the model's order. */
  readonly all: readonly string[];
  /** Names of the columns that the input takes which is being read; a part of `all`. */
  readonly own: readonly string[];
  /** What the names come from, for messages: "the model card", "the model's inputs". */
  readonly from: string;
}

/** The columns of a table that one input takes, in the order of its elements. */
export interface ChosenColumns {
  readonly positions: readonly number[];
  /** Undefined where neither the file nor the model has names. */
  readonly names?: readonly string[];
  /** Sentences that say what was assumed about the columns. */
  readonly notices: readonly string[];
}

/** A chosen column: its name, or its number as a text, and its position in the file. */
interface Column {
  readonly name: string;
  readonly position: number;
}

/**
 * Chooses the columns of a table that an input takes. Where both the file and the model have names, columns are matched by name. Where one
 * of them has none, the order of the columns counts, and a notice says so. Columns that were chosen under names that the model does not
 * have are taken as the model's columns in the order given.
 * Throws `feed-name` with the nearest names for a column that is missing, unknown or there twice, `option-value` for a choice that the
 * file does not have, and `feed-shape` for another number of columns.
 */
export function chooseColumns(
  sheet: Sheet,
  choice: ColumnChoice,
  wanted: ColumnNames | undefined,
): ChosenColumns {
  const columns = chosen(sheet, choice, wanted);
  const named = sheet.names !== undefined;
  if (wanted === undefined) {
    const names = named ? columns.map(({ name }) => name) : undefined;
    const notices =
      named && columns.length > 1
        ? [
            `${sheet.where}: the columns count in their order, as the model has no names for them ("features" of a model card)`,
          ]
        : [];
    return { positions: columns.map(({ position }) => position), names, notices };
  }
  const renamed = choice.columns !== undefined && !columns.some(({ name }) => wanted.all.includes(name));
  if (named && !renamed) {
    expectSame(sheet, columns, wanted);
    return { positions: wanted.own.map((name) => positionOf(columns, name)), names: wanted.own, notices: [] };
  }
  expectAsMany(sheet, columns, wanted);
  return {
    positions: wanted.own.map((name) => columns[wanted.all.indexOf(name)].position),
    names: wanted.own,
    notices: [inOrder(sheet, columns, wanted)],
  };
}

const positionOf = (columns: readonly Column[], name: string): number =>
  columns.find((column) => column.name === name)?.position ?? -1;

function inOrder({ where, names }: Sheet, columns: readonly Column[], { all, from }: ColumnNames): string {
  const theirs =
    names === undefined
      ? 'the columns have no names'
      : `the columns ${quoted(columns.map(({ name }) => name))} were chosen`;
  return `${where}: ${theirs}; they count in this order, as ${from} has them: ${quoted(all)}`;
}

/** The columns that were chosen, or all but the dropped ones. */
function chosen(
  sheet: Sheet,
  { columns, drop = [] }: ColumnChoice,
  wanted: ColumnNames | undefined,
): readonly Column[] {
  const names = sheet.names ?? sheet.lines[0].cells.map((_, position) => `${position}`);
  const all = names.map((name, position) => ({ name, position }));
  for (const [flag, list] of [
    ['--columns', columns ?? []],
    ['--drop', drop],
  ] as const) {
    for (const name of list) if (!names.includes(name)) refuseChoice(sheet, { flag, name, names });
  }
  const again = columns?.find((name, i) => columns.indexOf(name) < i);
  if (again !== undefined) {
    fail({ code: 'option-value', where: '--columns', expected: 'each name once', got: `"${again}" again` });
  }
  const left = all.filter(({ name }) => !drop.includes(name) && (columns?.includes(name) ?? true));
  expectOnce(sheet, left, wanted);
  if (columns === undefined) return left;
  return columns.flatMap((name) => left.filter((column) => column.name === name));
}

function refuseChoice(
  { where, names: header }: Sheet,
  { flag, name, names }: { flag: string; name: string; names: readonly string[] },
): never {
  return fail({
    code: 'option-value',
    where: `${where}, ${flag}`,
    expected:
      header === undefined
        ? `numbers of columns from 0 to ${names.length - 1}, as the file has no header`
        : `names of its columns: ${quoted(names)}`,
    got: `"${name}"`,
    remedy: header === undefined ? undefined : didYouMean(name, names),
  });
}

function expectOnce({ where }: Sheet, columns: readonly Column[], wanted: ColumnNames | undefined): void {
  const twice = columns.find(({ name, position }) =>
    columns.some((other) => other.name === name && other.position < position),
  );
  if (twice === undefined) return;
  fail({
    code: 'feed-name',
    where: `${where}, column ${twice.position + 1}`,
    expected: 'each name once in the header',
    got: `"${twice.name}" again`,
    remedy:
      wanted?.all.includes(twice.name) === true
        ? 'Rename or delete one of the columns: the model needs the other.'
        : `Rename one of the columns, or leave both out: --drop ${flagWord(twice.name)}.`,
  });
}

function expectSame({ where }: Sheet, columns: readonly Column[], { all, from }: ColumnNames): void {
  const names = columns.map(({ name }) => name);
  const missing = all.filter((name) => !names.includes(name));
  const unknown = columns.filter(({ name }) => !all.includes(name));
  if (missing.length > 0) {
    const near = didYouMean(
      missing[0],
      unknown.map(({ name }) => name),
    );
    fail({
      code: 'feed-name',
      where: `${where}, header`,
      expected: `a column ${quoted(missing)}, as ${from} has it`,
      got: quoted(names),
      remedy: `${near === undefined ? '' : `${near} `}Give the column this name, or say which columns to take, in the model's order: --columns A,B,...; where the first line is no header, --header no.`,
    });
  }
  const [first] = unknown;
  if (first === undefined) return;
  fail({
    code: 'feed-name',
    where: `${where}, column ${first.position + 1}`,
    expected: `a column that ${from} has: ${quoted(all)}`,
    got: `"${first.name}"`,
    remedy: `Leave it out: --drop ${unknown.map(({ name }) => flagWord(name)).join(',')}.`,
  });
}

function expectAsMany(
  { where, notHeader }: Sheet,
  columns: readonly Column[],
  { all, from }: ColumnNames,
): void {
  if (columns.length === all.length) return;
  fail({
    code: 'feed-shape',
    where,
    expected: `${counted(all.length, 'column')}, as ${from} has them: ${quoted(all)}`,
    got: `${columns.length}`,
    remedy: `--columns and --drop choose the columns that are read${notHeader === undefined ? '' : `; line 1 is no header, as ${notHeader}: --header yes makes it one`}.`,
  });
}

/** Messages show this many names and count the others. */
const SHOWN = 12;

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => `"${name}"`);
  return names.length > SHOWN ? `${shown.join(', ')} and ${names.length - SHOWN} more` : shown.join(', ');
}

/** Writes a name as the command line takes it after `--drop`, with quotes where it needs them. */
export function flagWord(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name;
  return /[",]/.test(name) ? `'"${name.replaceAll('"', '""')}"'` : `"${name}"`;
}
