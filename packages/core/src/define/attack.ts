import { named } from '../expression.js';
import type { Key } from '../random/key.js';
import type { Attack, FreeSets } from '../types/attack.js';
import type { Batch, Score } from '../types/score.js';
import { expectSets, type Found, verifyResults } from './attack-proof.js';
import { type ArgumentsOf, define, type Factory, type OptionShape, type Statement } from './definition.js';

/** What the `make` of an attack returns. */
export interface AttackRecipe extends Pick<Attack, 'norm' | 'gradients'> {
  /** Searches all sets, in one call so that they can share batches. Returns one entry for each set. */
  search(margin: Score, inputs: Batch, free: FreeSets, key: Key): Promise<readonly Found[]>;
}

/**
 * Defines an attack and returns its factory. An attack takes no number from its search on trust: the point must leave anchored elements
 * and the bounds of the score alone, its margin is evaluated again and must be below 0, and the norm is measured from it. A point
 * that fails is a defect of the search and throws `attack-unproven`. Throws `tensor-shape` for inputs and sets that do not fit the score.
 */
export function defineAttack<
  const Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[] = [],
  N extends keyof S = never,
>(statement: Statement<Name, S, Parts, N, AttackRecipe>): Factory<Attack, Name, ArgumentsOf<S, Parts, N>> {
  return define<Attack, AttackRecipe, Name, S, Parts, N>(
    'attack',
    statement,
    ({ norm, gradients, search }, { expression }) => {
      const attack: Search = async (margin, inputs, free, key) => {
        const call = { where: expression, norm, margin, inputs, free };
        expectSets(call);
        return verifyResults(call, await search(margin, inputs, free, key));
      };
      return named(attack, { expression, norm, ...(gradients === false && { gradients }) });
    },
  );
}

type Search = (...given: Parameters<Attack>) => ReturnType<Attack>;
