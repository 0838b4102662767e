/** "on 2 of 5 inputs, first "b.npy"": which of the run's inputs a notice is about. `at` are their indices, in order. */
export function whereOf(at: readonly number[], names: readonly string[]): string {
  const first = `"${names[at[0]]}"`;
  return names.length === 1 ? `on ${first}` : `on ${at.length} of ${names.length} inputs, first ${first}`;
}

/** Indices of the items that something holds for. */
export const indicesOf = <T>(items: readonly T[], holds: (item: T) => boolean): readonly number[] =>
  items.flatMap((item, i) => (holds(item) ? [i] : []));

const MOST = 3;

/** Names in a sentence, the first few of many. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(', ');
  return names.length > MOST ? `${shown} and ${names.length - MOST} more` : shown;
}
