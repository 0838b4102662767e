import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { prune } from '../rewrite/prune.js';
import { channelScales } from './channel-scales.js';

const numbers = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => Math.fround(pseudorandom(name, i)));

/** A convolution to 3 channels times the mask m, and what follows. */
const masked = (...nodes: readonly Node[]): Graph =>
  graphOf({
    inputs: [value('x', ['N', 2, 3, 4]), value('m', ['N', 3, 3, 4])],
    outputs: [value('y', undefined)],
    constants: {
      k: float32([3, 2, 1, 1], numbers('k', 6)),
      perChannel: float32([3, 1, 1], numbers('s', 3)),
      perRow: float32([1, 1, 3, 1], numbers('r', 3)),
      batches: float32([2, 3, 1, 1], numbers('b', 6)),
    },
    nodes: [node('c = Conv(x, k)'), node('p = Mul(c, m)'), ...nodes],
  });

/** The inputs of the products, in order. */
const products = ({ nodes }: Graph) => nodes.flatMap(({ op, inputs }) => (op === 'Mul' ? [inputs] : []));

describe('channelScales', () => {
  it.each(['y = Mul(p, perChannel)', 'y = Mul(perChannel, p)'])(
    'multiplies a convolution by a constant for each channel before the mask: %s',
    (text) => {
      const plain = masked(node(text));
      const graph = prune(channelScales(plain));
      verify(graph);
      const [first, second] = products(graph);
      expect(first).toEqual(['c', 'perChannel']);
      expect(second).toContain('m');
      const feeds = {
        x: numArray('float32', [2, 2, 3, 4], Float64Array.from(numbers('x', 48))),
        m: numArray('float32', [2, 3, 3, 4], Float64Array.from(numbers('m', 72))),
      };
      const [expected, got] = [plain, graph].map((each) => interpret(each, feeds).y);
      expect(got.dims).toEqual(expected.dims);
      expected.data.forEach((each, i) => {
        expect(got.data[i]).toBeCloseTo(each, 14);
      });
    },
  );

  it.each([
    ['the constant is none for each channel', [node('y = Mul(p, perRow)')]],
    ['the constant makes more rows', [node('y = Mul(p, batches)')]],
    ['something else reads the product', [node('q = Mul(p, perChannel)'), node('y = Add(p, q)')]],
    ['something else reads the convolution', [node('q = Mul(p, perChannel)'), node('y = Add(c, q)')]],
    ['the factor is computed', [node('e = Exp(perChannel)'), node('q = Mul(p, m)'), node('y = Mul(q, e)')]],
  ])('leaves a graph where %s', (_, nodes) => {
    const plain = masked(...nodes);
    expect(products(channelScales(plain))).toEqual(products(plain));
  });
});
