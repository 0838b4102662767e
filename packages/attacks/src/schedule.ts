/** A number that falls from `first` to `last` over n steps like half a period of the cosine. */
export function cosine(k: number, n: number, [first, last]: readonly [number, number]): number {
  const done = n > 1 ? k / (n - 1) : 0;
  return last + ((first - last) * (1 + Math.cos(Math.PI * done))) / 2;
}
