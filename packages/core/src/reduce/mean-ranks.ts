/** The rank of each number, from 1 for the smallest; equal numbers share the mean of their ranks. */
export function meanRanks(numbers: ArrayLike<number>): Float64Array {
  const order = Array.from(numbers, (_, i) => i).sort((i, j) => numbers[i] - numbers[j]);
  const ranks = new Float64Array(order.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && numbers[order[to]] === numbers[order[from]]) to++;
    for (let at = from; at < to; at++) ranks[order[at]] = (from + 1 + to) / 2;
  }
  return ranks;
}
