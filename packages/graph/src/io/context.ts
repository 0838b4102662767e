import type { External } from './external.js';
import type { Limits } from './limits.js';
import { exceeded } from './scan.js';

/** What is carried through the reading of one file. */
export interface ReadContext {
  readonly limits: Limits;
  readonly external: External | undefined;
  /** Accounts for the memory of a tensor before it is made. */
  readonly spend: (bytes: number) => void;
  /** Accounts for nodes. */
  readonly count: (nodes: number) => void;
  /** A symbol for an axis of unknown size, unlike every symbol of the file. */
  readonly symbol: (value: string, axis: number) => string;
}

/** Nothing has been spent yet; `taken` holds the symbols that the file itself uses. */
export function reading(
  limits: Limits,
  external: External | undefined,
  taken: ReadonlySet<string>,
): ReadContext {
  let bytes = 0;
  let nodes = 0;
  const used = new Set(taken);
  return {
    limits,
    external,
    spend(more) {
      bytes += more;
      if (bytes > limits.tensorBytes) exceeded('tensorBytes', limits.tensorBytes, `at least ${bytes}`);
    },
    count(more) {
      nodes += more;
      if (nodes > limits.nodes) exceeded('nodes', limits.nodes, `at least ${nodes}`);
    },
    symbol(value, axis) {
      let name = `${value.replace(/\W/g, '_')}_dim_${axis}`;
      while (used.has(name)) name += '_';
      used.add(name);
      return name;
    },
  };
}

/** Element types in words, for messages about those that a graph cannot hold. */
export const unsupportedTypes: ReadonlyMap<number, string> = new Map([
  [0, 'no element type'],
  [14, 'complex64'],
  [15, 'complex128'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [21, 'uint4'],
  [22, 'int4'],
  [23, 'float4e2m1'],
  [24, 'float8e8m0'],
  [25, 'uint2'],
  [26, 'int2'],
]);
