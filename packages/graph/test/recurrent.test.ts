import { describe, expect, it } from 'vitest';
import { type Attributes, attr, type Graph, grad, hvp, interpret } from '../src/index.js';
import { directionalDerivative, floatInputs, gradients, project } from './central-differences.js';
import { codeOf, graphOf, node, value } from './graphs.js';
import { attributes, of, random, type Sample, sample } from './samples/make.js';

const [STEPS, BATCH, INPUTS, HIDDEN] = [4, 2, 2, 3];
const GATES = { GRU: 3, LSTM: 4, RNN: 1 } as const;
type Cell = keyof typeof GATES;
type Options = Parameters<typeof attributes>[0];

/** A layer with everything that its operator takes. */
function layer(op: Cell, options: Options = {}, more: Attributes = {}): Sample {
  const directions = options.direction === 'bidirectional' ? 2 : 1;
  const first = options.layout === 1;
  const rows = GATES[op] * HIDDEN;
  const state = (seed: number) =>
    random(first ? [BATCH, directions, HIDDEN] : [directions, BATCH, HIDDEN], seed, [-1, 1]);
  const inputs = [
    random(first ? [BATCH, STEPS, INPUTS] : [STEPS, BATCH, INPUTS], 301),
    random([directions, rows, INPUTS], 302, [-1, 1]),
    random([directions, rows, HIDDEN], 303, [-1, 1]),
    random([directions, 2 * rows], 304, [-1, 1]),
    { fixed: of('int32', [BATCH], [3, 4]) },
    state(305),
    ...(op === 'LSTM' ? [state(306), random([directions, 3 * HIDDEN], 307, [-1, 1])] : []),
  ];
  const all = { ...attributes({ hidden_size: HIDDEN, ...options }), ...more };
  return sample(op, inputs, { attributes: all, outputs: op === 'LSTM' ? 3 : 2 });
}

/** Central differences of the outputs in `names` by every float input. */
function expectGradient({ graph, feeds }: Sample, names: readonly string[]): void {
  const wrt = floatInputs(graph);
  const projected = project(graph, feeds, names);
  const { values } = gradients(projected, wrt);
  wrt.forEach((name, i) => {
    const { byDifference, byGradient, size } = directionalDerivative(projected, name, {
      gradient: values[i],
      number: 1,
    });
    expect(Math.abs(byDifference - byGradient) / Math.max(1, size), `by ${name}`).toBeLessThan(1e-6);
  });
}

const cells: readonly Cell[] = ['GRU', 'LSTM', 'RNN'];

describe.each(cells)('the gradient of %s', (op) => {
  it.each(['forward', 'reverse', 'bidirectional'])('is right with the batch first, %s', (direction) => {
    expectGradient(layer(op, { layout: 1, direction }), ['y0', 'y1']);
  });

  it('is right where arguments are clipped', () => {
    const clipped = layer(op, { direction: 'bidirectional' }, { clip: attr.float(0.7) });
    expectGradient(clipped, ['y0']);
  });

  it.each(['y0', 'y1'])('is right when only %s matters', (name) => {
    expectGradient(layer(op, { direction: 'bidirectional' }), [name]);
  });
});

describe('the gradient of LSTM', () => {
  it('is right when only the last cells matter', () => {
    expectGradient(layer('LSTM', { direction: 'reverse' }), ['y2']);
  });

  it('is right where the forget gate is coupled and gates see the cell', () => {
    expectGradient(layer('LSTM', { direction: 'bidirectional', input_forget: 1 }), ['y0', 'y1', 'y2']);
  });

  it('does not need the model to keep the states of all steps', () => {
    const { graph, feeds } = layer('LSTM');
    const [only] = graph.nodes.map((one) => ({ ...one, outputs: ['', ...one.outputs.slice(1)] }));
    const last = { ...graph, nodes: [only], outputs: graph.outputs.slice(1) };
    expect(gradientOf(last, feeds)).toEqual(gradientOf(graph, feeds));
  });
});

/** A layer without lengths and peepholes: x, w, r, bias, and the states before the first step. */
function plain(op: 'GRU' | 'LSTM', options: Options) {
  const { graph, feeds, names } = withOutputs(layer(op, options));
  const nodes = graph.nodes.map((one) => ({
    ...one,
    inputs: one.inputs.slice(0, 7).map((name, i) => (i === 4 ? '' : name)),
  }));
  return project({ ...graph, nodes }, feeds, names);
}

const withOutputs = ({ graph, feeds }: Sample) => ({
  graph,
  feeds,
  names: graph.outputs.map(({ name }) => name),
});

const has = ({ nodes }: Graph, ...ops: readonly string[]): boolean =>
  nodes.some(({ op }) => ops.includes(op));

describe('the gradient of an LSTM or GRU without peepholes and lengths', () => {
  it.each<['GRU' | 'LSTM', Options]>([
    ['LSTM', {}],
    ['LSTM', { direction: 'reverse' }],
    ['LSTM', { direction: 'bidirectional', layout: 1 }],
    ['GRU', { linear_before_reset: 1 }],
    ['GRU', { linear_before_reset: 1, direction: 'reverse' }],
    ['GRU', { linear_before_reset: 1, direction: 'bidirectional', layout: 1 }],
  ])('takes outputs and gates from one Scan, and is that of the operator: %s %o', (op, options) => {
    const { graph, feeds, of: total } = plain(op, options);
    const wrt = floatInputs(graph).filter((name) => usedBy(graph, name));
    const [scan, operator] = [grad(graph, { of: total, wrt }), hvp(graph, { of: total, wrt })];
    expect([scan, operator].map((one) => has(one, op))).toEqual([false, true]);
    const vectors = Object.fromEntries(wrt.map((name) => [`vector/${name}`, feeds[name]]));
    const [got, expected] = [interpret(scan, feeds), interpret(operator, { ...feeds, ...vectors })];
    expect(Object.keys(got)).toHaveLength(wrt.length + 1);
    for (const [name, { data }] of Object.entries(got))
      data.forEach((each, i) => {
        expect(each, name).toBeCloseTo(Number(expected[name].data[i]), 12);
      });
  });

  it('keeps the operator where an activation has a derivative that its value does not determine, and where lengths differ', () => {
    const { graph, of: total } = plain('LSTM', { activations: ['Sigmoid', 'Softsign', 'Tanh'] });
    expect(has(grad(graph, { of: total, wrt: 'x0' }), 'LSTM')).toBe(true);
    const { graph: uneven, feeds } = layer('GRU', { linear_before_reset: 1 });
    const projected = project(uneven, feeds, ['y0']);
    expect(has(grad(projected.graph, { of: projected.of, wrt: 'x0' }), 'GRU')).toBe(true);
  });
});

const usedBy = ({ nodes }: Graph, name: string): boolean => nodes.some(({ inputs }) => inputs.includes(name));

/** Gradient of the sum of the last states by the first input. */
function gradientOf(graph: Graph, feeds: Sample['feeds']): number[] {
  const projected = project(graph, feeds, ['y1']);
  return [...gradients(projected, ['x0']).values[0].data];
}

describe('the gradient of a recurrent layer with an activation', () => {
  const names = [
    'Affine', 'Elu', 'HardSigmoid', 'LeakyRelu', 'Relu', 'ScaledTanh', 'Sigmoid', 'Softplus', 'Softsign', 'Tanh',
    'ThresholdedRelu',
  ]; // biome-ignore format: a list

  it.each(names)('is right for %s', (name) => {
    const parameters = { activation_alpha: floats(0.6), activation_beta: floats(0.3) };
    expectGradient(layer('RNN', { activations: [name] }, parameters), ['y0']);
  });

  it('is refused by name for one that has none', () => {
    const { graph } = layer('RNN');
    const odd = graph.nodes.map((one) => ({
      ...one,
      attributes: { ...one.attributes, activations: { kind: 'strings', value: ['Step'] } as const },
    }));
    expect(codeOf(() => grad({ ...graph, nodes: odd }, { of: 'y0', wrt: 'x0' }))).toBe('op-no-gradient');
  });
});

const floats = (...list: readonly number[]) => ({ kind: 'floats', value: list }) as const;

describe('with any number of steps and sequences', () => {
  it.each(cells)('one gradient graph of %s serves all', (op) => {
    const rows = GATES[op] * HIDDEN;
    const graph = graphOf({
      inputs: [value('x', ['T', 'N', INPUTS]), value('w', [2, rows, INPUTS]), value('r', [2, rows, HIDDEN])],
      outputs: [value('score', ['N'])],
      constants: { axes: { dtype: 'int64', dims: [3], data: BigInt64Array.of(0n, 1n, 3n) } },
      nodes: [
        node(`y = ${op}(x, w, r)`, attributes({ hidden_size: HIDDEN, direction: 'bidirectional' })),
        node('squared = Mul(y, y)'),
        node('score = ReduceSum(squared, axes)', attributes({ keepdims: 0 })),
      ],
    });
    const gradient = grad(graph, { wrt: 'x' });
    const weights = {
      w: random([2, rows, INPUTS], 311, [-1, 1]),
      r: random([2, rows, HIDDEN], 312, [-1, 1]),
    };
    for (const [steps, batch] of [
      [1, 1],
      [5, 2],
    ]) {
      const feeds = { x: random([steps, batch, INPUTS], 313), ...weights };
      const got = interpret(gradient, feeds).gradient;
      const { byDifference, byGradient } = directionalDerivative(
        { graph: summed(graph), feeds, of: 'sum' },
        'x',
        {
          gradient: got,
          number: 1,
        },
      );
      expect(byGradient).toBeCloseTo(byDifference, 6);
    }
  });
});

/** The same with the sum of its scores. */
const summed = (graph: Graph): Graph => ({
  ...graph,
  nodes: [...graph.nodes, node('sum = ReduceSum(score)', attributes({ keepdims: 0 }))],
  outputs: [value('sum', [])],
});
