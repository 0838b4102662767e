import { describe, expect, it } from 'vitest';
import { codeOf, float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';
import { type NumArray, numArray } from './array.js';
import { interpret } from './interpret.js';

const vector = (...values: readonly number[]) => numArray('float32', [values.length], values);
const x = value('x', ['N']);
const y = value('y', ['N']);
const one = (graph: Graph, feeds: Record<string, NumArray>) => [...interpret(graph, feeds).y.data];

/** y = (x + 1/3) * x, and an output that needs a failing node. */
const polynomial = graphOf({
  inputs: [x],
  outputs: [y],
  constants: { third: { dtype: 'float64', dims: [], data: Float64Array.of(1 / 3) } },
  nodes: [node('s = Add(x, third)'), node('y = Mul(s, x)'), node('bad = Gather(x, far)')],
});

describe('interpret', () => {
  it('computes in float64 whatever the declared type, and rounds only when asked', () => {
    expect(one(polynomial, { x: vector(3) })).toEqual([(3 + 1 / 3) * 3]);
    const { y } = interpret(polynomial, { x: vector(3) }, { precision: 'declared' });
    expect([...y.data]).toEqual([Math.fround(Math.fround(3 + 1 / 3) * 3)]);
  });

  it('gives inner values by name', () => {
    expect([...interpret(polynomial, { x: vector(1, 2) }, { wanted: ['s'] }).s.data]).toEqual([
      1 + 1 / 3,
      2 + 1 / 3,
    ]);
  });

  it('computes only what is wanted', () => {
    expect(codeOf(() => interpret(polynomial, { x: vector(1) }))).toBe('none');
    expect(codeOf(() => interpret(polynomial, { x: vector(1) }, { wanted: ['bad'] }))).toBe('value-unknown');
  });

  it('refuses feeds that do not fit', () => {
    const pair = graphOf({ inputs: [x, value('z', ['N'])], outputs: [y], nodes: [node('y = Add(x, z)')] });
    expect(codeOf(() => interpret(pair, { x: vector(1) }))).toBe('feed-name');
    expect(codeOf(() => interpret(pair, { x: vector(1), z: vector(1), w: vector(1) }))).toBe('feed-name');
    expect(codeOf(() => interpret(pair, { x: vector(1, 2), z: vector(1) }))).toBe('feed-shape');
    expect(codeOf(() => interpret(pair, { x: vector(1), z: numArray('int64', [1], [1]) }))).toBe('feed-type');
  });

  it('refuses operators and spellings that it does not know, with the way out', () => {
    const foreign = graphOf({ inputs: [x], outputs: [y], nodes: [node('y = com.acme:Magic(x)')] });
    expect(() => interpret(foreign, { x: vector(1) })).toThrow(/com\.acme.*Canonicalise/);
    const old = {
      ...graphOf({ inputs: [x], outputs: [y], nodes: [node('y = Relu(x)')] }),
      opsets: { '': 12 },
    };
    expect(codeOf(() => interpret(old, { x: vector(1) }))).toBe('model-unsupported');
  });

  it('names the node of an index out of range', () => {
    const graph = graphOf({
      inputs: [x],
      outputs: [y],
      constants: { far: int64([3]) },
      nodes: [{ ...node('y = Gather(x, far)'), name: 'lookup' }],
    });
    expect(() => interpret(graph, { x: vector(1, 2) })).toThrow(/Gather node "lookup".*\[-2, 1\].*got 3/);
  });

  it('passes NaN and infinities on', () => {
    const graph = graphOf({
      inputs: [x],
      outputs: [y],
      constants: { zero: float32([], [0]) },
      nodes: [
        node('r = Relu(x)'),
        node('m = Max(r, zero)'),
        node('c = Clip(m, zero)'),
        node('y = Mul(c, zero)'),
      ],
    });
    expect(one(graph, { x: vector(NaN, Infinity, -Infinity, 1) })).toEqual([NaN, NaN, 0, 0]);
  });
});

describe('integer arithmetic', () => {
  const binary = (op: string, dtype: 'int32' | 'int64', fmod = 0) => {
    const graph = graphOf({
      inputs: [value('a', [], dtype), value('b', [], dtype)],
      outputs: [value('y', [], dtype)],
      nodes: [node(`y = ${op}(a, b)`, { fmod: attr.int(fmod) })],
    });
    return (a: number, b: number) =>
      interpret(graph, { a: numArray(dtype, [], [a]), b: numArray(dtype, [], [b]) }).y.data[0];
  };

  it('truncates quotients and gives remainders the sign of the divisor, or with fmod of the dividend', () => {
    expect(binary('Div', 'int64')(-7, 2)).toBe(-3);
    expect([binary('Mod', 'int64')(-7, 3), binary('Mod', 'int64')(7, -3)]).toEqual([2, -2]);
    expect([binary('Mod', 'int64', 1)(-7, 3), binary('Mod', 'int64', 1)(7, -3)]).toEqual([-1, 1]);
  });

  it('refuses to divide by zero', () => {
    expect(codeOf(() => binary('Div', 'int64')(1, 0))).toBe('run-failed');
    expect(codeOf(() => binary('Mod', 'int64')(1, 0))).toBe('run-failed');
  });

  it('wraps in 32 bits and refuses inexact 64-bit results', () => {
    expect(binary('Mul', 'int32')(123456789, 987654321)).toBe(Math.imul(123456789, 987654321));
    expect(binary('Add', 'int32')(2 ** 31 - 1, 1)).toBe(-(2 ** 31));
    expect(codeOf(() => binary('Mul', 'int64')(2 ** 30, 2 ** 30))).toBe('too-large');
  });
});
