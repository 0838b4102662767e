import { fail, own } from '@onnxplain/core';

/** The results of cells by the name of the cell. A ledger keeps them on disk; {@link memoryStore} keeps them in memory. */
export interface CellStore {
  /** Whether the cell was computed and did not fail. */
  has(cell: string): boolean;
  /**
   * Adds the result of a cell, which is plain data. A ledger writes the files first, then one line; both are on the disk when this returns.
   */
  append(cell: string, result: Readonly<Record<string, unknown>>, more?: AppendOptions): Promise<void>;
  /**
   * Returns one field of a cell's latest result, as it was appended. Throws `file-*` where the cell or a file is missing or was changed.
   */
  read(cell: string, field: string): Promise<unknown>;
}

export interface AppendOptions {
  /** Files that belong to the cell, by name; default none. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
  /** The cell could not be computed; default false. */
  readonly failed?: boolean | undefined;
}

/** Returns an empty store in memory, for runs that are not resumed. It drops files. */
export function memoryStore(): CellStore {
  const results = new Map<string, Readonly<Record<string, unknown>>>();
  return {
    has: (cell) => results.has(cell),
    async append(cell, result) {
      results.set(cell, result);
    },
    read: async (cell, field) => own(results.get(cell) ?? refuse(cell), field),
  };
}

const refuse = (cell: string): never =>
  fail({ code: 'file-missing', where: cell, expected: 'a computed cell', got: 'none of that name' });
