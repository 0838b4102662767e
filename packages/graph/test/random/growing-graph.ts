/** A random graph that grows node by node, with all its values. */
import { fold, key, sizeOf, stream } from '@onnxplain/core';
import type { AttributeInit, DataType, Graph, Node, NumArray, Value } from '../../src/index.js';
import { attr, builderOf, constantFrom, emptyBuilder, interpret, numArray } from '../../src/index.js';
import type { Op } from '../../src/ir/ops.js';
import { usesOf } from '../../src/ir/scope.js';
import { OPSET } from '../samples/make.js';

/** Random choices for one case. */
export interface Draw {
  uniform(): number;
  /** An integer from low to high, both included. */
  int(low: number, high: number): number;
  chance(p: number): boolean;
  one<const T>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
}

export function drawOf(seed: number): Draw {
  const { uniform } = stream(fold(key(seed), 'random graph'));
  const int = (low: number, high: number) => low + Math.floor(uniform() * (high - low + 1));
  return {
    uniform,
    int,
    chance: (p) => uniform() < p,
    one: (list) => list[int(0, list.length - 1)],
    shuffled: (list) =>
      list
        .map((item) => ({ item, at: uniform() }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item),
  };
}

/** Largest number of elements, and largest magnitude, of a value that later nodes read. */
const MOST = 64;
const LARGEST = 4;

export interface GrowingGraph {
  readonly draw: Draw;
  /** Number of nodes so far. */
  length(): number;
  /** Picks a value to read, preferably one without readers. */
  pick(): string;
  value(name: string): NumArray;
  dims(name: string): readonly number[];
  constant(value: NumArray): string;
  ints(values: readonly number[]): string;
  emit(op: Op, inputs: readonly string[], attributes?: AttributeInit): string;
  emitMany(op: Op, inputs: readonly string[], outputs: number, attributes?: AttributeInit): readonly string[];
  /** Makes a value available to `pick`, scaled where it is large. Values that are not of floats, too large or not finite are dropped. */
  keep(name: string): void;
  /** Returns the graph, with some of the values without readers as outputs. */
  finish(): Graph;
}

export function growingGraph(
  inputs: readonly Value[],
  feeds: Readonly<Record<string, NumArray>>,
  draw: Draw,
): GrowingGraph {
  const start = emptyBuilder(OPSET).build([], inputs);
  const b = builderOf({ ...start, name: 'random' });
  const values = new Map(Object.entries(feeds));
  const pool = inputs.map(({ name }) => name);
  const read = new Set<string>();
  let count = 0;

  const constant = (value: NumArray): string => {
    const name = b.constant(constantFrom(value.dtype, value.dims, value.data));
    values.set(name, value);
    return name;
  };
  const value = (name: string): NumArray => values.get(name) ?? missing(name);
  const emitMany: GrowingGraph['emitMany'] = (op, names, outputs, attributes = {}) => {
    const made = b.emitMany(op, names, outputs, attributes);
    const node: Node = {
      op,
      domain: '',
      name: op,
      inputs: names,
      outputs: made,
      attributes: attributes as Node['attributes'],
    };
    for (const name of usesOf(node)) read.add(name);
    if (made.every((name) => values.has(name))) return made;
    count++;
    const found = interpret(
      oneNode(node, value),
      Object.fromEntries(usesOf(node).map((name) => [name, value(name)])),
    );
    for (const name of made) values.set(name, found[name]);
    return made;
  };
  const emit: GrowingGraph['emit'] = (op, names, attributes) => emitMany(op, names, 1, attributes)[0];

  return {
    draw,
    length: () => count,
    pick() {
      const leaves = pool.filter((name) => !read.has(name));
      return draw.one(leaves.length > 0 && draw.chance(0.6) ? leaves : pool);
    },
    value,
    dims: (name) => value(name).dims,
    constant,
    ints: (list) => constant(numArray('int64', [list.length], list)),
    emit,
    emitMany,
    keep(name) {
      const { dtype, dims, data } = value(name);
      const size = sizeOf(dims);
      const peak = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      if (!/float/.test(dtype) || size === 0 || size > MOST || dims.length > 5 || !Number.isFinite(peak))
        return;
      const plain = dtype === 'float32' ? name : emit('Cast', [name], { to: attr.int(1) });
      if (peak <= LARGEST) pool.push(plain);
      else if (draw.chance(0.5))
        pool.push(
          emit('Mul', [plain, constant(numArray('float32', [], [Math.fround(shrunkTo(peak) / peak)]))]),
        );
      else pool.push(emit('Softsign', [plain]));
    },
    finish() {
      const leaves = [...new Set(pool.filter((name) => !read.has(name)))].slice(-3);
      const names = leaves.length > 0 ? leaves : pool.slice(-1);
      return b.build(names.map((name) => ({ name, dtype: value(name).dtype, dims: value(name).dims })));
    },
  };
}

/** The magnitude to which a large value is scaled. It differs between values, so that they are not equal up to rounding. */
const shrunkTo = (peak: number): number => 1.2 + ((peak * 0.6180339887498949) % 0.5);

/** Makes a graph of one node, whose inputs are all values that the node reads. */
export function oneNode(node: Node, value: (name: string) => NumArray): Graph {
  const inputs = [...new Set(usesOf(node))].map(
    (name): Value => ({ name, dtype: value(name).dtype, dims: value(name).dims }),
  );
  const outputs = node.outputs.map((name) => ({ name, dtype: 'float32' as DataType, dims: undefined }));
  return { ...emptyBuilder(OPSET).build(outputs, inputs), nodes: [node] };
}

function missing(name: string): never {
  throw new Error(`no value ${name}`);
}
