import { constantFrom } from '../ir/constant.js';
import { keyOfConstant, numberKey } from '../ir/keys.js';
import type { Constant, DataType, Graph } from '../ir/types.js';
import type { Builder } from './builder.js';

/** The constants of a builder. Equal small constants are stored once. */
export interface ConstantPool extends Pick<Builder, 'constant' | 'ints'> {
  readonly all: Graph['constants'];
  /** Adds a constant under its own name. */
  add(name: string, value: Constant): void;
  scalarOf(dtype: DataType, value: number): string;
}

export interface PoolOptions {
  readonly fresh: Builder['fresh'];
  /** Called for every new constant. */
  added(name: string, value: Constant): void;
}

export function constantPool({ fresh, added }: PoolOptions): ConstantPool {
  const all = new Map<string, Constant>();
  const names = new Map<string | Constant, string>();
  const scalars = new Map<string, string>();

  function add(name: string, value: Constant): void {
    all.set(name, value);
    added(name, value);
    const key = identityOf(value);
    if (!names.has(key)) names.set(key, name);
  }

  function constant(value: Constant, hint = 'constant'): string {
    const same = names.get(identityOf(value));
    if (same !== undefined) return same;
    const name = fresh(hint);
    add(name, value);
    return name;
  }

  function scalarOf(dtype: DataType, value: number): string {
    const key = `${dtype} ${numberKey(value)}`;
    const name = scalars.get(key) ?? constant(constantFrom(dtype, [], [value]), 'scalar');
    scalars.set(key, name);
    return name;
  }

  return { all, add, constant, scalarOf, ints: (values) => constant(vector(values), 'ints') };
}

const vector = (values: readonly number[]): Constant => constantFrom('int64', [values.length], values);

/** Returns a key by which equal small constants are found; a large constant is its own key. */
const identityOf = (value: Constant): string | Constant => keyOfConstant(value) ?? value;
