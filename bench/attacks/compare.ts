import { type Attack, key, type Perturbed } from '@onnxplain/core';
import type { AttackCase } from './cases.js';

export interface AttackResult {
  readonly expression: string;
  readonly sets: number;
  readonly perSet: { readonly forward: number; readonly backward: number; readonly seconds: number };
  readonly found: number;
  /** Sets for which the reference found a point and this attack did not. */
  readonly lost: number;
  /** Mean of the norm over the norm, or the radius, of the reference. */
  readonly byNorm: number;
  readonly byRadius: number;
}

interface Run {
  readonly attack: Attack;
  readonly found: Perturbed[];
  seconds: number;
}

/** Runs all attacks on all cases, in turns, and compares each with the first one. */
export async function compareAttacks(
  cases: readonly AttackCase[],
  attacks: readonly Attack[],
): Promise<readonly AttackResult[]> {
  const runs = attacks.map((attack): Run => ({ attack, found: [], seconds: 0 }));
  for (const { margin, input, sets } of cases) {
    for (const run of runs) {
      const started = performance.now();
      run.found.push(...(await run.attack(margin, input, sets, key(0))));
      run.seconds += (performance.now() - started) / 1000;
    }
  }
  return runs.map((run) => compared(run, runs[0]));
}

const normOf = ({ estimate }: Perturbed): number =>
  estimate.kind === 'bound' || estimate.kind === 'exact' ? estimate.value : Number.POSITIVE_INFINITY;
const isFound = (one: Perturbed): boolean => normOf(one) < Number.POSITIVE_INFINITY;
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

function compared({ attack, found, seconds }: Run, reference: Run): AttackResult {
  const sets = found.length;
  const both = found.flatMap((one, set) =>
    isFound(one) && isFound(reference.found[set]) ? [[one, reference.found[set]] as const] : [],
  );
  return {
    expression: attack.expression,
    sets,
    perSet: {
      forward: mean(found.map(({ cost }) => cost.forward)),
      backward: mean(found.map(({ cost }) => cost.backward)),
      seconds: seconds / sets,
    },
    found: found.filter(isFound).length,
    lost: found.filter((one, set) => !isFound(one) && isFound(reference.found[set])).length,
    byNorm: mean(both.map(([one, other]) => normOf(one) / normOf(other))),
    byRadius: mean(both.map(([one, other]) => normOf(one) / Number(other.checks?.radius))),
  };
}
