/** Generators of nodes with random shapes and attributes. */
import { attr, numArray } from '../../src/index.js';
import type { GrowingGraph } from './growing-graph.js';
import { movement } from './movement-generators.js';
import { anyAxis, axisAttribute, fit, number, partner, some, within, withRank } from './operands.js';
import { windows } from './window-generators.js';

/** Adds nodes to a graph and makes their outputs available to later nodes. */
export type NodeGenerator = (g: GrowingGraph) => void;

const REDUCTIONS = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
] as const;

const positive = (g: GrowingGraph, x: string): string => within(g, x, [0.4, 2]);

function binary(g: GrowingGraph): void {
  const op = g.draw.one(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Mean', 'Sum']);
  const x = g.pick();
  const y = op === 'Div' ? positive(g, partner(g, x)) : partner(g, x);
  const several = ['Max', 'Min', 'Mean', 'Sum'].includes(op);
  if (several && g.draw.chance(0.2)) g.keep(g.emit(op, [x]));
  else if (several && g.draw.chance(0.3)) g.keep(g.emit(op, [x, x, x]));
  else g.keep(g.emit(op, g.draw.chance(0.5) || op === 'Div' ? [x, y] : [y, x]));
}

function power(g: GrowingGraph): void {
  const x = g.pick();
  const known = g.draw.one([0, 1, 2, 3]);
  if (g.draw.chance(0.5)) g.keep(g.emit('Pow', [x, number(g, known)]));
  else g.keep(g.emit('Pow', [positive(g, x), g.draw.chance(0.5) ? number(g, -0.5) : partner(g, x)]));
}

function remainder(g: GrowingGraph): void {
  const x = g.pick();
  g.keep(g.emit('Mod', [x, positive(g, partner(g, x))], { fmod: attr.int(1) }));
}

function choice(g: GrowingGraph): void {
  const [x, y] = [g.pick(), g.pick()];
  const condition = g.emit(g.draw.one(['Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'Equal']), [
    x,
    partner(g, x),
  ]);
  const side = g.draw.chance(0.3) ? g.emit('Not', [condition]) : condition;
  const fitted = fit(g, y, g.dims(side));
  g.keep(g.emit('Where', g.draw.chance(0.5) ? [side, x, fitted] : [side, fitted, number(g, 0.5)]));
}

function slope(g: GrowingGraph): void {
  const x = g.pick();
  const dims = g.dims(x);
  g.keep(
    g.emit('PRelu', [
      x,
      some(
        g,
        dims.map((size) => (g.draw.chance(0.5) ? 1 : size)),
      ),
    ]),
  );
}

function bounds(g: GrowingGraph): void {
  const x = g.pick();
  const bound = () => fit(g, g.pick(), []);
  const [low, high] = [
    g.draw.chance(0.5) ? bound() : number(g, -0.5),
    g.draw.chance(0.5) ? bound() : number(g, 0.5),
  ];
  g.keep(
    g.emit(
      'Clip',
      g.draw.one([
        [x, low, high],
        [x, '', high],
        [x, low],
      ]),
    ),
  );
}

function reduction(g: GrowingGraph): void {
  const op = g.draw.one(REDUCTIONS);
  const picked = g.pick();
  const x = op === 'ReduceLogSum' ? positive(g, picked) : picked;
  const rank = g.dims(x).length;
  const axes = g.draw.shuffled(Array.from({ length: rank }, (_, i) => i)).slice(0, g.draw.int(0, rank));
  const signed = axes.map((axis) => (g.draw.chance(0.5) ? axis : axis - rank));
  const inputs = axes.length === 0 && g.draw.chance(0.7) ? [x] : [x, g.ints(signed)];
  const attributes = {
    keepdims: attr.int(g.draw.int(0, 1)),
    noop_with_empty_axes: attr.int(g.draw.int(0, 1)),
  };
  g.keep(g.emit(op, inputs, attributes));
}

function alongAxis(g: GrowingGraph): void {
  const x = g.pick();
  const axis = anyAxis(g, x);
  if (axis === undefined) return;
  const op = g.draw.one([
    'Softmax',
    'LogSoftmax',
    'Hardmax',
    'LpNormalization',
    'CumSum',
    'LayerNormalization',
  ]);
  if (op === 'CumSum') {
    const options = { exclusive: attr.int(g.draw.int(0, 1)), reverse: attr.int(g.draw.int(0, 1)) };
    g.keep(g.emit(op, [x, g.constant(numArray('int64', [], [axis]))], options));
  } else if (op === 'LayerNormalization') {
    const dims = g.dims(x).slice(axis);
    g.keep(
      g.emit(op, [x, some(g, dims), some(g, dims)], { ...axisAttribute(axis), epsilon: attr.float(0.1) }),
    );
  } else if (op === 'LpNormalization') {
    g.keep(g.emit(op, [positive(g, x)], { ...axisAttribute(axis), p: attr.int(g.draw.int(1, 2)) }));
  } else g.keep(g.emit(op, [x], axisAttribute(axis)));
}

function largest(g: GrowingGraph): void {
  const x = g.pick();
  const axis = anyAxis(g, x);
  if (axis === undefined) return;
  const k = g.draw.int(1, g.dims(x).at(axis) ?? 1);
  const options = { ...axisAttribute(axis), largest: attr.int(g.draw.int(0, 1)), sorted: attr.int(1) };
  g.keep(g.emitMany('TopK', [x, g.ints([k])], 2, options)[0]);
}

function product(g: GrowingGraph): void {
  const [n, k, m] = [g.draw.int(1, 3), g.draw.int(1, 4), g.draw.int(1, 3)];
  const batch = g.draw.one<readonly number[]>([[], [2], [2, 1]]);
  const a = fit(g, g.pick(), g.draw.chance(0.2) ? [k] : [...batch, n, k]);
  const other = g.draw.chance(0.2) ? [k] : [...(g.draw.chance(0.5) ? batch.map(() => 2) : []), k, m];
  g.keep(g.emit('MatMul', [a, some(g, other)]));
}

function affine(g: GrowingGraph): void {
  const { draw } = g;
  const [n, k, m, transA, transB] = [
    draw.int(1, 3),
    draw.int(1, 4),
    draw.int(1, 3),
    draw.int(0, 1),
    draw.int(0, 1),
  ];
  const a = some(g, transA ? [k, n] : [n, k]);
  const b = fit(g, g.pick(), transB ? [m, k] : [k, m]);
  const c = some(g, draw.one<readonly number[]>([[m], [n, m], [n, 1], [1], []]));
  const options = {
    transA: attr.int(transA),
    transB: attr.int(transB),
    alpha: attr.float(draw.one([1, 0.5])),
    beta: attr.float(draw.one([1, 0.25])),
  };
  g.keep(g.emit('Gemm', draw.chance(0.7) ? [a, b, c] : [a, b], options));
}

function contraction(g: GrowingGraph): void {
  const size: Record<string, number> = { a: 2, b: g.draw.int(1, 3), c: g.draw.int(1, 3), d: 2 };
  const [x, y, z] = g.draw.one([
    ['ab', 'bc', 'ac'],
    ['abc', 'cd', 'dab'],
    ['ab', 'ab', ''],
    ['aa', 'ab', 'ba'],
    ['abc', 'b', 'ca'],
    ['ab', 'cd', 'dcba'],
  ]);
  const term = (letters: string) =>
    fit(
      g,
      g.pick(),
      [...letters].map((letter) => size[letter]),
    );
  g.keep(g.emit('Einsum', [term(x), term(y)], { equation: attr.string(`${x},${y}->${z}`) }));
}

function normalised(g: GrowingGraph): void {
  const x = withRank(g, g.pick(), 3);
  const channels = [g.dims(x)[1]];
  const inputs = [x, some(g, channels), some(g, channels)];
  const epsilon = attr.float(0.1);
  if (g.draw.chance(0.5)) g.keep(g.emit('InstanceNormalization', inputs, { epsilon }));
  else
    g.keep(
      g.emit('BatchNormalization', [...inputs, some(g, channels), positive(g, some(g, channels))], {
        epsilon,
      }),
    );
}

/** Generators with their weights. */
export const generators: readonly (readonly [NodeGenerator, number])[] = [
  [binary, 5], [power, 1], [remainder, 0.3], [choice, 1], [slope, 0.7], [bounds, 1], [reduction, 2], [alongAxis, 2],
  [largest, 0.7], [product, 1], [affine, 1], [contraction, 0.7], [normalised, 0.5], ...windows, ...movement,
]; // biome-ignore format: one list
