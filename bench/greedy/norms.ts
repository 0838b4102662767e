import { type Attack, named, type Perturbed } from '@onnxplain/core';

/** An attack that also notes the least norm of every set, from the first call of at least so many sets on. */
export interface NotedAttack {
  readonly attack: Attack;
  /** The mean over the sets of that call, of those for which one was found. */
  meanNorm(): number;
}

/** Notes the norms that an attack finds for the sets of the first call of at least `sets` sets, there and where it searches them again. */
export function noteNorms(inner: Attack, sets: number): NotedAttack {
  const norms = new Map<string, number>();
  const attack = named(
    async (...given: Parameters<Attack>): Promise<readonly Perturbed[]> => {
      const found = await inner(...given);
      const [, , { free, input, features }] = given;
      const isFirst = norms.size === 0 && input.length >= sets;
      found.forEach(({ estimate }, i) => {
        const id = Buffer.from(free.subarray(i * features.count, (i + 1) * features.count)).toString(
          'latin1',
        );
        const before = norms.get(id);
        if (!isFirst && before === undefined) return;
        const norm = 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
        norms.set(id, Math.min(norm, before ?? Number.POSITIVE_INFINITY));
      });
      return found;
    },
    { expression: inner.expression, norm: inner.norm },
  );
  return {
    attack,
    meanNorm() {
      const known = [...norms.values()].filter(Number.isFinite);
      return known.reduce((sum, norm) => sum + norm, 0) / known.length;
    },
  };
}
