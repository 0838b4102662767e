import { describe, expect, it } from 'vitest';
import {
  dense,
  joinsParts,
  operatorsOf,
  others,
  type PooledConvolution,
  pooledConvolution,
} from '../../test/pooled-convolutions.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { productsOf } from './blocks.js';
import { joinedTiles } from './joined-tiles.js';
import { phaseAdjoint } from './phase-adjoint.js';
import { phasePool } from './phase-pool.js';
import { phasesPay } from './phases.js';

const always = (): boolean => true;
const adjoint = (graph: Graph): Graph => phaseAdjoint(graph, always);
const pool = (graph: Graph): Graph => phasePool(graph, always);

/** Expects all outputs to be the same numbers: these are whole, so that sums in any order are exact. */
function expectSame(pass: (graph: Graph) => Graph, given: PooledConvolution): Graph {
  const { graph, feeds } = pooledConvolution(given);
  const lowered = pass(graph);
  verify(lowered);
  expect(interpret(lowered, feeds)).toEqual(interpret(graph, feeds));
  return lowered;
}

describe('the gradient of a convolution, a pool and another convolution', () => {
  it.each(dense)('has the same numbers, ties included, where no image is put together: %s', (_, given) => {
    expect(joinsParts(expectSame(adjoint, given))).toBe(false);
  });

  it.each(dense)('has the same numbers, ties included, where no element is pooled: %s', (_, given) => {
    expect(operatorsOf(expectSame(pool, given))).not.toContain('MaxPool');
  });

  it.each([...dense, ...others])(
    'has the same numbers where parts are interleaved with the channels last: %s',
    (_, given) => {
      expect(joinsParts(expectSame(joinedTiles, given))).toBe(false);
    },
  );

  it.each(others)('keeps its operators where the convolution has %s', (_, given) => {
    const { graph } = pooledConvolution(given);
    expect(operatorsOf(adjoint(graph))).toEqual(operatorsOf(graph));
    expect(operatorsOf(pool(graph))).toEqual(operatorsOf(graph));
  });

  it('keeps its pools where something else reads the convolution', () => {
    const { graph } = pooledConvolution({ ...dense[0][1], kept: true });
    expect(operatorsOf(pool(graph))).toEqual(operatorsOf(graph));
  });
});

it.each([
  ['6 channels, 5 x 5', { channels: 6, kernel: 5, phaseTaps: 36 }, true],
  ['16 channels, 5 x 5', { channels: 16, kernel: 5, phaseTaps: 36 }, true],
  ['16 channels, 3 x 3', { channels: 16, kernel: 3, phaseTaps: 16 }, false],
  ['32 channels, 5 x 5', { channels: 32, kernel: 5, phaseTaps: 36 }, false],
  ['64 channels, 3 x 3', { channels: 64, kernel: 3, phaseTaps: 16 }, false],
])(
  'phases are chosen for few channels and large kernels: %s',
  (_, { channels, kernel, phaseTaps }, chosen) => {
    const products = productsOf(channels, phaseTaps, 2);
    expect(phasesPay({ channels, taps: [kernel, kernel], products })).toBe(chosen);
  },
);
