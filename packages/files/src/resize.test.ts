import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PlaneCut, type PlaneSize, resize, type SamplePlane } from './resize.js';

describe('resizing', () => {
  test('to the same size changes nothing', () => {
    const plane = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect(resize(plane, { width: 3, height: 2 }, { width: 3, height: 2 })).toEqual(plane);
  });

  test('keeps a constant constant, larger and smaller', () => {
    const plane = new Float64Array(35).fill(4.25);
    for (const to of [
      { width: 3, height: 2 },
      { width: 20, height: 11 },
      { width: 1, height: 1 },
    ]) {
      for (const value of resize(plane, { width: 7, height: 5 }, to)) expect(value).toBeCloseTo(4.25, 12);
    }
  });

  test('enlarging by two is bilinear with half-pixel centres', () => {
    const out = resize(Float64Array.of(0, 4), { width: 2, height: 1 }, { width: 4, height: 1 });
    expect([...out]).toEqual([0, 1, 3, 4]);
  });

  test('shrinking by two weighs four neighbours 1 3 3 1', () => {
    const out = resize(Float64Array.of(0, 0, 8, 0, 0, 0), { width: 6, height: 1 }, { width: 3, height: 1 });
    // The middle pixel covers 1..4 of 0..5; weights 1, 3, 3, 1 over 8.
    expect(out[1]).toBeCloseTo(3, 12);
  });
});

/** The definition: each pixel is the mean of all pixels, weighed by the product of a triangle along each axis. */
function slowly(
  plane: SamplePlane,
  from: PlaneSize,
  { to, cut }: { readonly to: PlaneSize; readonly cut: PlaneCut },
): number[] {
  const weight = (i: number, j: number, step: number) =>
    Math.max(0, 1 - Math.abs(j + 0.5 - (i + 0.5) * step) / Math.max(1, step));
  const out: number[] = [];
  for (let y = cut.top; y < cut.top + cut.height; y++) {
    for (let x = cut.left; x < cut.left + cut.width; x++) {
      let [sum, total] = [0, 0];
      plane.forEach((value, at) => {
        const [row, column] = [Math.floor(at / from.width), at % from.width];
        const both = weight(y, row, from.height / to.height) * weight(x, column, from.width / to.width);
        sum += both * value;
        total += both;
      });
      out.push(sum / total);
    }
  }
  return out;
}

test('a rectangle of a resized plane has the numbers of the definition', () => {
  const side = fc.integer({ min: 1, max: 9 });
  const sizes = fc.record({ width: side, height: side });
  const parts = fc.tuple(fc.nat(8), fc.nat(8), fc.nat(8), fc.nat(8));
  fc.assert(
    fc.property(sizes, sizes, parts, (from, to, [l, t, w, h]) => {
      const [left, top] = [l % to.width, t % to.height];
      const cut = { left, top, width: 1 + (w % (to.width - left)), height: 1 + (h % (to.height - top)) };
      const plane = Float64Array.from({ length: from.width * from.height }, (_, i) => (i * 7919) % 256);
      const found = resize(plane, from, { ...to, cut });
      const expected = slowly(plane, from, { to, cut });
      expect(found).toHaveLength(expected.length);
      expected.forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 9);
      });
    }),
  );
});
