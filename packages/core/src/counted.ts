/** Writes a count with its noun: `1 cell`, `2 cells`. The plural is by default the noun with an s. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
