import { fold, stream } from '@onnxplain/core';
import { inputOf } from '../search/rows.js';
import { type Decision, foundOf, pointOf, shorten, tryMove, type Walkers } from './walkers.js';

/** Most blocks of elements of a pass: inputs with more changed elements move several together. */
const BLOCKS = 64;
/** Halvings for a block that cannot go back all the way. */
const HALVINGS = 16;

/**
 * Sets the changed elements of each walker back to the input, in a random order: each all the way where the margin stays below 0, and else
 * as far as it does. A tree changes at the thresholds of single features, so that a point comes to lie on them.
 */
export async function reduce(decision: Decision, walkers: Walkers, pass: number): Promise<void> {
  const { rows } = decision;
  const blocks = new Map(
    foundOf(walkers).map((at) => [at, blocksOf(decision, walkers, { at, pass })] as const),
  );
  const most = Math.max(0, ...Array.from(blocks.values(), ({ length }) => length));
  for (let number = 0; number < most; number++) {
    const picked = Array.from(blocks.keys()).filter((at) => number < (blocks.get(at)?.length ?? 0));
    const elements = (at: number) => blocks.get(at)?.[number] ?? [];
    const restored = await tryMove(decision, walkers, {
      picked,
      move(at, point) {
        const x = inputOf(rows, walkers.owners[at]);
        for (const j of elements(at)) point[j] = x[j];
      },
    });
    const others = picked.filter((at) => !restored.has(at));
    await shorten(decision, walkers, { picked: others, elements, halvings: HALVINGS });
  }
}

/** The changed elements of a walker in a random order, in at most 64 blocks. */
function blocksOf(
  { rows }: Decision,
  walkers: Walkers,
  { at, pass }: { readonly at: number; readonly pass: number },
): readonly (readonly number[])[] {
  const point = pointOf(walkers, at);
  const row = walkers.owners[at];
  const x = inputOf(rows, row);
  const start = Math.floor(at / rows.count);
  const random = stream(fold(fold(fold(rows.keys(row), start), pass), 1));
  const changed = Array.from(point.keys())
    .filter((j) => point[j] !== x[j])
    .map((j) => [j, random.uniform()] as const)
    .sort((a, b) => a[1] - b[1])
    .map(([j]) => j);
  const length = Math.ceil(changed.length / BLOCKS);
  return Array.from({ length: Math.min(BLOCKS, changed.length) }, (_, k) =>
    changed.slice(k * length, (k + 1) * length),
  ).filter((block) => block.length > 0);
}
