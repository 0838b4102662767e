import {
  type Attack,
  elementFeatures,
  fold,
  type Key,
  type Perturbed,
  type Score,
  stack,
  type Tensor,
} from '@onnxplain/core';

/** Sets of elements that hold one another, the smallest first: 1 for an element that may change, [sets, elements] row major. */
export interface Chain {
  readonly free: Uint8Array;
  readonly count: number;
}

/**
 * The smallest perturbations of the sets of several chains, in one call of the attack. Each chain has a copy of the input of its own, so
 * that what is found for one never helps another: the result for a chain is the same with and without the others. Within a chain the
 * nearest point of a smaller set is taken over, because it is allowed for the larger one.
 */
export async function leastNorms(
  { attack, margin, x }: { readonly attack: Attack; readonly margin: Score; readonly x: Tensor },
  chains: readonly Chain[],
  key: Key,
): Promise<readonly (readonly Perturbed[])[]> {
  const free = new Uint8Array(chains.reduce((sum, chain) => sum + chain.free.length, 0));
  let at = 0;
  for (const chain of chains) {
    free.set(chain.free, at);
    at += chain.free.length;
  }
  const input = Int32Array.from(chains.flatMap(({ count }, chain) => new Array<number>(count).fill(chain)));
  const features = elementFeatures(x.shape);
  const found = await attack(
    margin,
    stack(chains.map(() => x)),
    { features, free, input },
    fold(key, 'attack'),
  );
  return chains.map((_, chain) => withSmallerSets(found.filter((_, set) => input[set] === chain)));
}

function withSmallerSets(chain: readonly Perturbed[]): readonly Perturbed[] {
  let least: Perturbed | undefined;
  return chain.map((own) => {
    if (least === undefined || normOf(own) <= normOf(least)) least = own;
    return own.estimate.kind === 'invalid' || normOf(own) === normOf(least)
      ? own
      : { ...least, cost: own.cost };
  });
}

const normOf = ({ estimate }: Perturbed): number =>
  'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
