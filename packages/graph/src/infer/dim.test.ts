import { describe, expect, it } from 'vitest';
import * as dim from './dim.js';

describe('sizes as polynomials', () => {
  it('prints one string for equal sizes however they were made', () => {
    expect(dim.addDims('N', 'M')).toBe(dim.addDims('M', 'N'));
    expect(dim.multiplyDims(dim.addDims('N', 1), dim.subtractDims('N', 1))).toBe('N*N-1');
    expect(dim.canonicalDim('1 + N * 2')).toBe('2*N+1');
    expect(dim.canonicalDim('(a+b)*2')).toBe('2*a+2*b');
    expect(dim.subtractDims(3, 'N')).toBe('3-N');
  });

  it('becomes a number when the symbols cancel', () => {
    expect(dim.subtractDims(dim.addDims('N', 4), 'N')).toBe(4);
    expect(dim.multiplyDims('N', 0)).toBe(0);
    expect(dim.subtractDims('N', 'N')).toBe(0);
  });

  it('divides only where the quotient is exact for every value', () => {
    expect(dim.divideDims('4*N', 2)).toBe('2*N');
    expect(dim.divideDims('4*N', 3)).toBeUndefined();
    expect(dim.divideDims('12*H*N', 'N')).toBe('12*H');
    expect(dim.divideDims('4*N+8', 'N+2')).toBe(4);
    expect(dim.divideDims(dim.multiplyDims('N+2', 'M'), 'N+2')).toBe('M');
    expect(dim.divideDims('N+1', 'N+2')).toBeUndefined();
    expect(dim.divideDims(7, 0)).toBeUndefined();
  });

  it('keeps what it cannot divide as a formula that is the same string each time', () => {
    const half = dim.floorDivide(dim.addDims('H', -1), 2);
    expect(half).toBe('floor((H+1)/2)-1');
    expect(dim.floorDivide(dim.subtractDims('H', 1), 2)).toBe(half);
    expect(dim.addDims(half, 1)).toBe('floor((H+1)/2)');
    expect(dim.subtractDims(dim.addDims(half, 1), half)).toBe(1);
    expect(dim.floorDivide('4*N+3', 2)).toBe('2*N+1');
    expect(dim.floorDivide('H+2', 2)).toBe('floor(H/2)+1');
    expect(dim.floorDivide(-3, 2)).toBe(-2);
  });

  it('decides minima and maxima that are certain', () => {
    expect(dim.minDim('N', 'N+1')).toBe('N');
    expect(dim.maxDim('N', 1)).toBe('N');
    expect(dim.minDim('N', 5)).toBe(dim.minDim(5, 'N'));
    expect(dim.maxDim(dim.maxDim('A', 'B'), 'C')).toBe(dim.maxDim('A', dim.maxDim('C', 'B')));
  });

  it('agrees with arithmetic on numbers put for the symbols', () => {
    const at = (size: string | number, env: Record<string, number>): number => evaluate(String(size), env);
    for (const [h, n] of [
      [7, 3],
      [8, 5],
      [33, 2],
    ] as const) {
      const env = { H: h, N: n };
      const p = dim.addDims(dim.multiplyDims('H', 3), dim.subtractDims('N', 4));
      expect(at(p, env)).toBe(3 * h + n - 4);
      expect(at(dim.floorDivide(p, 2), env)).toBe(Math.floor((3 * h + n - 4) / 2));
      expect(at(dim.ceilDivide(p, 5), env)).toBe(Math.ceil((3 * h + n - 4) / 5));
      expect(at(dim.multiplyDims(p, p), env)).toBe((3 * h + n - 4) ** 2);
    }
  });
});

function evaluate(text: string, env: Record<string, number>): number {
  const names = Object.keys(env);
  const body = `const floor = Math.floor; return ${text};`;
  return new Function(...names, body)(...Object.values(env)) as number;
}
