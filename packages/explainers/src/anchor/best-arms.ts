import { type Counted, klBounds } from './kl-bounds.js';

/** Something whose probability of a yes is estimated by draws. */
export interface Arm extends Counted {
  n: number;
  hits: number;
}

export interface ArmChoice {
  /** How many arms are chosen. */
  readonly count: number;
  /** Probability of a wrong choice. */
  readonly delta: number;
  /** How far a chosen arm may be below one that was not. */
  readonly tolerance: number;
  /** Most draws of an arm. */
  readonly draws: number;
}

/**
 * KL-LUCB (Kaufmann and Kalyanakrishnan 2013, Algorithm 1): the arms of the greatest probabilities, the best first. `draw` adds draws to
 * some arms. In each round it draws from the arm that is most likely chosen wrongly and from the one that is most likely left out wrongly.
 * It ends when neither of the two may have more. All arms must have draws.
 */
export async function bestArms<A extends Arm>(
  arms: readonly A[],
  { count, delta, tolerance, draws }: ArmChoice,
  draw: (arms: readonly A[]) => Promise<void>,
): Promise<readonly A[]> {
  for (let round = 1; ; round++) {
    const sorted = [...arms].sort((a, b) => shareOf(b) - shareOf(a));
    const [chosen, others] = [sorted.slice(0, count), sorted.slice(count)];
    if (others.length === 0) return chosen;
    const level = explorationRate(arms.length, round, delta);
    const weakest = least(chosen, (arm) => klBounds(arm, level).low);
    const strongest = least(others, (arm) => -klBounds(arm, level).high);
    if (klBounds(strongest, level).high - klBounds(weakest, level).low < tolerance) return chosen;
    const open = [weakest, strongest].filter(({ n }) => n < draws);
    if (open.length === 0) return chosen;
    await draw(open);
  }
}

/** Share of draws that said yes. */
export const shareOf = ({ n, hits }: Counted): number => hits / n;

/** log(k·K·t^α / δ) + log log of it, for K arms in round t, with k = 405.5 and α = 1.1. */
function explorationRate(arms: number, round: number, delta: number): number {
  const first = Math.log((405.5 * arms * round ** 1.1) / delta);
  return first + Math.log(first);
}

function least<A>(arms: readonly A[], by: (arm: A) => number): A {
  return arms.reduce((best, arm) => (by(arm) < by(best) ? arm : best));
}
