import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sum } from '../tensor/arithmetic.js';
import { tensor } from '../tensor/tensor.js';
import { featureValues, sharedValues, sizeOfAttribution, sumsOver } from './values.js';

/** A partition of d elements into any groups, and a number for each group. */
const grouped = fc
  .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 24 })
  .chain((labels) =>
    fc.record({
      labels: fc.constant(labels),
      numbers: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 5 }),
      width: fc.integer({ min: 1, max: 6 }),
    }),
  )
  .map(({ labels, numbers, width }) => {
    const used = [...new Set(labels)];
    const of = Int32Array.from(labels, (label) => used.indexOf(label));
    const values = tensor(
      labels.map((label) => numbers[label]),
      [labels.length],
    );
    return { used: used.map((label) => numbers[label]), width, values, features: { count: used.length, of } };
  });

describe('an attribution of groups', () => {
  it('has one number a group, and their sum and norm', () => {
    fc.assert(
      fc.property(grouped, ({ used, ...attribution }) => {
        expect([...featureValues(attribution)]).toEqual(used);
        const size = sizeOfAttribution(attribution);
        expect(size.sum).toBe(used.reduce((a, b) => a + b, 0));
        expect(size.norm).toBeCloseTo(Math.hypot(...used), 12);
      }),
    );
  });

  it('adds up over a part with each number once, however many elements of the group lie there', () => {
    fc.assert(
      fc.property(grouped, ({ width, ...attribution }) => {
        const { values, features } = attribution;
        const count = Math.ceil(values.data.length / width);
        const found = sumsOver(attribution, { count, partOf: (i) => Math.floor(i / width) });
        for (let part = 0; part < count; part++) {
          const elements = [...values.data.keys()].slice(part * width, (part + 1) * width);
          const once = new Map(elements.map((i) => [features.of[i], values.data[i]] as const));
          expect(found[part]).toBe([...once.values()].reduce((a, b) => a + b, 0));
        }
      }),
    );
  });

  it('shares each number among the elements of its group, so that all elements add up to the sum', () => {
    fc.assert(
      fc.property(grouped, (attribution) => {
        const shares = sharedValues(attribution);
        const total = sum(shares);
        expect(total).toBeCloseTo(sizeOfAttribution(attribution).sum, 10);
      }),
    );
  });
});

it('without groups every element is a number of its own', () => {
  const attribution = { values: tensor([1, -2, 4, 0.5], [2, 2]) };
  expect([...featureValues(attribution)]).toEqual([1, -2, 4, 0.5]);
  expect(sizeOfAttribution(attribution).sum).toBe(3.5);
  expect(sharedValues(attribution)).toBe(attribution.values);
  expect([...sumsOver(attribution, { count: 2, partOf: (i) => Math.floor(i / 2) })]).toEqual([-1, 4.5]);
});
