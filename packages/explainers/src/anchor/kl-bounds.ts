/** Draws of a yes or no, and how many said yes. */
export interface Counted {
  readonly n: number;
  readonly hits: number;
}

/** The Kullback-Leibler divergence of Bernoulli distributions, p·log(p/q) + (1 - p)·log((1 - p)/(1 - q)). */
export function divergence(p: number, q: number): number {
  const term = (a: number, b: number) => (a === 0 ? 0 : a * Math.log(a / b));
  return term(p, q) + term(1 - p, 1 - q);
}

export interface ShareBounds {
  readonly low: number;
  readonly high: number;
}

/**
 * The probabilities whose divergence from the observed share is at most `level` / n (Kaufmann and Kalyanakrishnan 2013, section 4.1). For
 * fixed n each end fails with probability exp(-level) at most. Without draws: 0 to 1.
 */
export function klBounds({ n, hits }: Counted, level: number): ShareBounds {
  if (n === 0) return { low: 0, high: 1 };
  const share = hits / n;
  return { low: farthest(share, 0, level / n), high: farthest(share, 1, level / n) };
}

/** The number between `share` and `end` that is farthest from `share` with a divergence of `most` at most. */
function farthest(share: number, end: 0 | 1, most: number): number {
  let [inside, outside] = [share, end as number];
  for (let i = 0; i < 60; i++) {
    const middle = (inside + outside) / 2;
    if (divergence(share, middle) <= most) inside = middle;
    else outside = middle;
  }
  return inside;
}
