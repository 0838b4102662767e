import { functionScore, key, type Norm, type Score, stream, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { elementSets } from '../../test/sets.js';
import { decision } from './decision.js';

const d = 4;
const norms: readonly Norm[] = ['l1', 'l2', 'linf'];
const marks = [
  [1, 1, 1, 1],
  [1, 1, 0, 0],
  [0, 1, 0, 1],
  [0, 0, 1, 0],
];

/** A threshold of one element, or the value of a leaf. */
type Tree =
  | number
  | { readonly element: number; readonly limit: number; readonly low: Tree; readonly high: Tree };

interface Forest {
  readonly trees: readonly Tree[];
  readonly x: Float64Array;
}

/** Five random trees of depth 3, whose limits are multiples of a sixteenth: the search cannot see much thinner cells. */
function forestOf(seed: number): Forest {
  const random = stream(key(seed));
  const grow = (depth: number): Tree =>
    depth === 0
      ? random.normal()
      : {
          element: Math.floor(d * random.uniform()),
          limit: Math.ceil(15 * random.uniform()) / 16,
          low: grow(depth - 1),
          high: grow(depth - 1),
        };
  return {
    trees: Array.from({ length: 5 }, () => grow(3)),
    x: Float64Array.from({ length: d }, () => random.uniform()),
  };
}

const leafOf = (tree: Tree, x: ArrayLike<number>): number => {
  if (typeof tree === 'number') return tree;
  return leafOf(x[tree.element] <= tree.limit ? tree.low : tree.high, x);
};
const sumOf = ({ trees }: Forest, x: ArrayLike<number>) =>
  trees.reduce<number>((sum, tree) => sum + leafOf(tree, x), 0);

/** The forest less its value at the input, times a sign: 0.4 at the input. */
function marginOf(forest: Forest, bounds?: readonly [number, number]): Score {
  const offset = 0.4 - sumOf(forest, forest.x);
  return functionScore({
    shape: [d],
    value: ({ data }) => sumOf(forest, data) + offset,
    ...(bounds && { bounds }),
  });
}

const limitsOf = (tree: Tree, element: number): readonly number[] => {
  if (typeof tree === 'number') return [];
  const below = [...limitsOf(tree.low, element), ...limitsOf(tree.high, element)];
  return tree.element === element ? [tree.limit, ...below] : below;
};

const lengthOf = (steps: readonly number[], norm: Norm): number => {
  if (norm === 'l1') return steps.reduce((sum, v) => sum + Math.abs(v), 0);
  return norm === 'l2' ? Math.hypot(...steps) : Math.max(...steps.map(Math.abs));
};

/** The least norm over all cells in which the forest is constant: the distance to the nearest point of each cell. */
function leastNorm(forest: Forest, free: readonly number[], norm: Norm): number {
  const { trees, x } = forest;
  const sides = free.map((mark, j) => {
    if (mark === 0) return [{ middle: x[j], step: 0 }];
    const limits = trees.flatMap((tree) => limitsOf(tree, j)).sort((a, b) => a - b);
    const edges = [0, ...limits, 1];
    return edges.slice(1).map((high, k) => {
      const nearest = Math.min(high, Math.max(edges[k], x[j]));
      return { middle: (edges[k] + high) / 2, step: nearest - x[j] };
    });
  });
  let least = Number.POSITIVE_INFINITY;
  const visit = (point: readonly number[], steps: readonly number[]): void => {
    const j = point.length;
    if (j < d) for (const { middle, step } of sides[j]) visit([...point, middle], [...steps, step]);
    else if (sumOf(forest, point) - sumOf(forest, x) + 0.4 < 0)
      least = Math.min(least, lengthOf(steps, norm));
  };
  visit([], []);
  return least;
}

describe.each(norms)('the %s norm of decision on a small forest', (norm) => {
  it('is never below the least over all cells, and within 1 % of it for 19 sets of 20', async () => {
    const ratios: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const forest = forestOf(seed);
      const found = await decision({ norm, steps: 0, starts: 32 })(
        marginOf(forest, [0, 1]),
        tensor(forest.x, [1, d]),
        elementSets([d], marks),
        key(0),
      );
      found.forEach(({ estimate, cost }, set) => {
        const truth = leastNorm(forest, marks[set], norm);
        const value = 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
        expect(cost.backward).toBe(0);
        expect(value).toBeGreaterThanOrEqual(truth);
        if (truth < Number.POSITIVE_INFINITY) ratios.push(value / truth);
      });
    }
    expect(ratios.length).toBeGreaterThan(25);
    const met = ratios.filter((ratio) => ratio < 1.01).length / ratios.length;
    expect(met, ratios.map((v) => v.toFixed(3)).join(' ')).toBeGreaterThanOrEqual(0.95);
  });
});

describe('decision on a smooth boundary', () => {
  /** The distance to a sphere of radius 1 around 0, from outside. */
  const ball = functionScore({ shape: [6], value: ({ data }) => Math.hypot(...data) - 1 });
  const x = tensor([1, 1, 1, 1, 0.5, 0.5], [1, 6]);
  const all = elementSets([6], [[1, 1, 1, 1, 1, 1]]);
  const search = async (steps: number) => {
    const [{ estimate }] = await decision({ steps, starts: 4 })(ball, x, all, key(0));
    return 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
  };

  it('comes nearer by its steps, to within 5 % of the distance', async () => {
    const truth = Math.hypot(...x.data) - 1;
    const [without, with20] = [await search(0), await search(20)];
    expect(with20).toBeLessThan(without);
    expect(with20).toBeGreaterThan(truth);
    expect(with20).toBeLessThan(1.05 * truth);
  });
});
