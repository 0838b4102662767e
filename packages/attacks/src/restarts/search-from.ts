import type { Oracle, Searched } from '../search/oracle.js';
import { pickRows, returnRows } from '../search/pick-rows.js';
import type { Floats } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';

/** Searches some rows once more, each from a point of its own, and keeps what is nearer. */
export async function searchFrom(
  { rows, oracle, best }: Searched & { readonly oracle: Oracle },
  starts: ReadonlyMap<number, Floats>,
  search: Search,
): Promise<void> {
  if (starts.size === 0) return;
  const picked = Int32Array.from(starts.keys());
  const part = pickRows({ rows, best }, picked);
  const start = part.rows.origin.slice();
  picked.forEach((row, at) => {
    start.set(starts.get(row) ?? [], at * rows.size);
  });
  const moved = { rows: { ...part.rows, start, startsAtInput: false }, best: part.best };
  const slack = Float64Array.from(picked, (row) => oracle.slack[row]);
  await search(moved.rows, oracle.forRows(moved, slack), moved.best);
  returnRows({ rows, best }, moved, picked);
}
