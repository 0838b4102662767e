import type { ExternalReader } from './external.js';
import type { Limits } from './limits.js';
import { exceeded } from './scan.js';

/** State of reading one file. */
export interface ReadContext {
  readonly limits: Limits;
  readonly external: ExternalReader | undefined;
  /** Adds the bytes of a tensor before it is allocated. Throws `model-limit` where the sum is above the limit. */
  readonly countBytes: (bytes: number) => void;
  /** Adds to the number of nodes. Throws `model-limit` where the sum is above the limit. */
  readonly countNodes: (nodes: number) => void;
  /** Returns a symbol for an axis of unknown size that differs from every symbol of the file. */
  readonly freshSymbol: (value: string, axis: number) => string;
}

/** Makes the initial state; `taken` holds the symbols that the file itself uses. */
export function readContext(
  limits: Limits,
  external: ExternalReader | undefined,
  taken: ReadonlySet<string>,
): ReadContext {
  let bytes = 0;
  let nodes = 0;
  const used = new Set(taken);
  return {
    limits,
    external,
    countBytes(more) {
      bytes += more;
      if (bytes > limits.tensorBytes) exceeded('tensorBytes', limits.tensorBytes, `at least ${bytes}`);
    },
    countNodes(more) {
      nodes += more;
      if (nodes > limits.nodes) exceeded('nodes', limits.nodes, `at least ${nodes}`);
    },
    freshSymbol(value, axis) {
      let name = `${value.replace(/\W/g, '_')}_dim_${axis}`;
      while (used.has(name)) name += '_';
      used.add(name);
      return name;
    },
  };
}

/** Names of the element types that a graph cannot hold, for messages. */
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
