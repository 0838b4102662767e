/** Names the inputs that a notice is about, such as `on 2 of 5 inputs, first "b.npy"`. `at`: their indices, in order. */
export function whereOf(at: readonly number[], names: readonly string[]): string {
  const first = `"${names[at[0]]}"`;
  return names.length === 1 ? `on ${first}` : `on ${at.length} of ${names.length} inputs, first ${first}`;
}

/** Returns the indices of the items for which `holds` is true. */
export const indicesOf = <T>(items: readonly T[], holds: (item: T) => boolean): readonly number[] =>
  items.flatMap((item, i) => (holds(item) ? [i] : []));

const MOST = 3;

/** Joins names with commas; of more than three, names the first three and counts the others. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(', ');
  return names.length > MOST ? `${shown} and ${names.length - MOST} more` : shown;
}
