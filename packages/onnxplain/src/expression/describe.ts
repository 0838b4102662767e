import { type Definition, OnnxplainError, own, tensor, z } from '@onnxplain/core';
import type { Table } from './tables.js';

/** The description of a definition, for help texts and for programs that build forms. */
export interface Described {
  readonly name: string;
  readonly summary: string;
  /** How it is written in an expression: options by position first, then the others by name with their defaults. */
  readonly usage: string;
  readonly options: readonly DescribedOption[];
}

export interface DescribedOption {
  readonly name: string;
  /** The type in words: "number", "left | right", "explainer". */
  readonly type: string;
  readonly required: boolean;
  readonly default?: unknown;
  /** What it does, and its default where that depends on other options. */
  readonly help?: string;
}

/** Every definition of a table with its options, their types, defaults and help. */
export function describe(table: Table<unknown>): readonly Described[] {
  return Object.values(table).map(describeEntry);
}

/** A definition with its options, their types, defaults and help. */
export function describeEntry(entry: Definition<unknown>): Described {
  const options = Object.keys(entry.options.shape).map((name) => describeOption(entry, name));
  const inOrder = [
    ...entry.positional.flatMap((name) => options.filter((option) => option.name === name)),
    ...options.filter((option) => !entry.positional.includes(option.name)),
  ];
  const shown = inOrder.map((option) => usageOf(option, entry.positional.includes(option.name)));
  const usage = shown.length === 0 ? entry.name : `${entry.name}(${shown.join(', ')})`;
  return { name: entry.name, summary: entry.summary, usage, options: inOrder };
}

/**
 * Returns an expression of a definition that has all required options: the one of its example. Where there is none, or it has arrays, the
 * required options are written by their names, and arrays as files.
 */
export function exampleOf(entry: Definition<unknown>): string {
  const made = madeExample(entry);
  if (made !== undefined && !made.includes('tensor(')) return made;
  const required = describeEntry(entry).options.filter((option) => option.required);
  const given = required.map(({ name, type }) => {
    const value = type.includes('file.npy') ? 'file.npy' : name;
    return entry.positional.includes(name) ? value : `${name}=${value}`;
  });
  return given.length === 0 ? entry.name : `${entry.name}(${given.join(', ')})`;
}

function madeExample({ make, example }: Definition<unknown>): string | undefined {
  try {
    return show(make(example));
  } catch (error) {
    if (error instanceof OnnxplainError) return undefined;
    throw error;
  }
}

function usageOf(option: DescribedOption, positional: boolean): string {
  if (option.required) return positional ? option.name : `${option.name}=...`;
  return option.default === undefined ? `[${option.name}]` : `${option.name}=${show(option.default)}`;
}

type Field = Definition<unknown>['options']['shape'][string];

function describeOption({ options, takes, help }: Definition<unknown>, name: string): DescribedOption {
  const field = own(options.shape, name);
  const absent = field.safeParse(undefined);
  const type = own(takes, name) ?? typeOf(jsonSchema(field), arraysTaken(field));
  const fallback = absent.success ? absent.data : undefined;
  return { name, type, required: !absent.success, default: fallback, help: own(help, name) };
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema | boolean;
  /** The items of a list of fixed length. */
  readonly prefixItems?: readonly JsonSchema[];
}

function jsonSchema(field: Field): JsonSchema {
  return z.toJSONSchema(z.object({ field }), { io: 'input', unrepresentable: 'any' }).properties
    ?.field as JsonSchema;
}

/** How an expression gives an array. */
const ARRAY = ['file.npy', 'mean(rows.csv)', 'rows(rows.csv)'];

/** Which numbers and arrays a field takes. It tries an example of each, because arrays have no JSON schema. */
function arraysTaken(field: Field): readonly string[] {
  const takes = (value: unknown) => field.safeParse(value).success;
  return [...(takes(0.5) ? ['number'] : []), ...(takes(tensor([0], [1])) ? ARRAY : [])];
}

/** A type in words. */
const typeOf = (schema: JsonSchema, arrays: readonly string[]): string =>
  [...new Set(choicesOf(schema, arrays))].join(' | ');

/** The types among which a schema gives the choice; `arrays` are those of a part without a JSON schema. */
function choicesOf(schema: JsonSchema, arrays: readonly string[]): readonly string[] {
  if (schema.enum !== undefined) return schema.enum.map(String);
  if (schema.const !== undefined) return [String(schema.const)];
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((each) => choicesOf(each, arrays));
  if (schema.type === 'array') return [listType(schema)];
  return schema.type === undefined ? arrays : [schema.type];
}

/** An item without a JSON schema is a number or an array. */
function listType({ items, prefixItems }: JsonSchema): string {
  const typeOfItem = (item: JsonSchema) => typeOf(item, ['number', ...ARRAY]);
  if (prefixItems !== undefined) return `[${prefixItems.map(typeOfItem).join(', ')}]`;
  return typeof items === 'object' ? `[${typeOfItem(items)}, ...]` : '[...]';
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(',')}]`;
  if ((typeof value === 'object' || typeof value === 'function') && value !== null && 'expression' in value) {
    return String(value.expression);
  }
  return String(value);
}
