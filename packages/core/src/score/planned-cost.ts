import type { KeptRows, PlannedCost } from '../types/planned-cost.js';

/** The cost of several things, one after the other: what they keep is not there at the same time. Undefined where one is not known. */
export function sumOfCosts(costs: readonly (PlannedCost | undefined)[]): PlannedCost | undefined {
  let sum: PlannedCost = { forward: 0, backward: 0 };
  for (const cost of costs) {
    if (cost === undefined) return undefined;
    const kept = larger(sum.kept, cost.kept);
    sum = {
      forward: sum.forward + cost.forward,
      backward: sum.backward + cost.backward,
      ...((sum.atMost || cost.atMost) && { atMost: true }),
      ...(kept && { kept }),
    };
  }
  return sum;
}

/** The cost of the same thing `times` times, one after the other. */
export function repeatedCost(times: number, cost: PlannedCost | undefined): PlannedCost | undefined {
  return cost && { ...cost, forward: times * cost.forward, backward: times * cost.backward };
}

/** How many bytes rows and what is computed from them take. */
export function keptBytes({ rows, rowBytes, otherBytes = 0 }: KeptRows): number {
  return rows * rowBytes + otherBytes;
}

function larger(a: KeptRows | undefined, b: KeptRows | undefined): KeptRows | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return keptBytes(a) >= keptBytes(b) ? a : b;
}
