import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import { random } from '../../test/samples/make.js';
import { attr } from '../builder/builder.js';
import type { Attribute } from '../ir/types.js';
import type { NumArray } from './array.js';
import { interpret } from './interpret.js';

function apply(
  text: string,
  feeds: readonly NumArray[],
  attributes: Record<string, Attribute> = {},
): NumArray {
  const names = ['a', 'b', 'c'].slice(0, feeds.length);
  const graph = graphOf({
    inputs: names.map((name, i) => value(name, feeds[i].dims, feeds[i].dtype)),
    outputs: [value('y', undefined)],
    nodes: [node(`y = ${text}(${names.join(', ')})`, attributes)],
  });
  return interpret(graph, Object.fromEntries(names.map((name, i) => [name, feeds[i]]))).y;
}

const einsum = (equation: string, ...feeds: readonly NumArray[]) =>
  apply('Einsum', feeds, { equation: attr.string(equation) });

const inner = (a: NumArray, b: NumArray) => a.data.reduce((sum, v, i) => sum + v * b.data[i], 0);

describe('Einsum', () => {
  const a = random([2, 3, 4], 1);
  const b = random([5, 1, 4, 3], 2);

  it('broadcasts ellipses of different rank as MatMul does', () => {
    const product = apply('MatMul', [a, b]);
    const same = einsum('...ij,...jk->...ik', a, b);
    expect(same.dims).toEqual([5, 2, 3, 3]);
    expect([...same.data]).toEqual([...product.data]);
    expect([...einsum('...ij,...jk', a, b).data]).toEqual([...product.data]);
  });

  it('sums what the output does not name and walks diagonals of repeated labels', () => {
    const m = random([3, 3], 3);
    const [p, , , , q, , , , r] = m.data;
    expect([...einsum('ii->i', m).data]).toEqual([p, q, r]);
    expect(einsum('ii', m).data[0]).toBe(p + q + r);
  });
});

describe('Conv and ConvTranspose', () => {
  it('are adjoint: <conv(x), y> = <x, transposed(y)>', () => {
    const draws = fc.record({
      size: fc.integer({ min: 4, max: 7 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pad: fc.integer({ min: 0, max: 1 }),
      group: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(draws, ({ size, kernel, stride, dilation, pad, group }) => {
        fc.pre((kernel - 1) * dilation + 1 <= size);
        const attributes = {
          strides: attr.ints([stride, stride]),
          dilations: attr.ints([dilation, dilation]),
          pads: attr.ints([pad, pad, pad, pad]),
          group: attr.int(group),
        };
        const x = random([2, 4, size, size], 4);
        const w = random([6, 4 / group, kernel, kernel], 5);
        const forward = apply('Conv', [x, w], attributes);
        const y = random(forward.dims, 6);
        const rest = (size + 2 * pad - (kernel - 1) * dilation - 1) % stride;
        const back = apply('ConvTranspose', [y, w], {
          ...attributes,
          output_padding: attr.ints([rest, rest]),
        });
        expect(back.dims).toEqual(x.dims);
        expect(inner(forward, y)).toBeCloseTo(inner(x, back), 9);
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});
