import { describe, expect, it } from 'vitest';
import { codeOf, float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { infer } from '../infer/infer.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { constantFrom } from '../ir/constant.js';
import type { Constant, Dims, Graph, Node } from '../ir/types.js';
import { canonicalise } from './canonicalise.js';
import { fold } from './fold/fold.js';

interface Sketch {
  readonly dims?: Dims;
  readonly opset?: number;
  readonly constants?: Record<string, Constant>;
}

/** The canonical form of nodes that make y from a float input x. */
function canonical(
  nodes: readonly Node[],
  { dims = ['N', 3], opset = 13, constants = {} }: Sketch = {},
): Graph {
  const inputs = [value('x', dims)];
  return canonicalise(
    graphOf({ inputs, outputs: [value('y', undefined)], nodes, constants, opsets: { '': opset } }),
  );
}

const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
const target = (graph: Graph): unknown => graph.constants.get(graph.nodes[0].inputs[1])?.data;

describe('canonical form', () => {
  it('refuses Scan of opset 8, which has other inputs', () => {
    const scan = node('y = Scan(, x)', { num_scan_inputs: attr.int(1) });
    expect(codeOf(() => canonical([scan], { opset: 8 }))).toBe('model-unsupported');
  });

  it('decomposes LpPool into AveragePool, but not where the last windows may be smaller', () => {
    const pool = (ceil: number) =>
      node('y = LpPool(x)', {
        kernel_shape: attr.ints([3]),
        strides: attr.ints([2]),
        ceil_mode: attr.int(ceil),
      });
    expect(ops(canonical([pool(0)], { dims: [1, 2, 6], opset: 22 }))).toContain('AveragePool');
    expect(ops(canonical([pool(1)], { dims: [1, 2, 6], opset: 22 }))).toEqual(['LpPool']);
  });

  it('compares every element of a row with every one of a column, also where both are as long', () => {
    const constants = { row: int64([0, 1, 2], [1, 3]), column: int64([0, 1, 2], [3, 1]) };
    const nodes = [
      node('causal = LessOrEqual(row, column)'),
      node('distance = Sub(row, column)'),
      node('d = Cast(distance)', { to: attr.int(1) }),
      node('y = Where(causal, x, d)'),
    ];
    const graph = canonical(nodes, { dims: [3, 3], opset: 16, constants });
    const x = numArray('float32', [3, 3], new Float64Array(9).fill(7));
    expect([...interpret(graph, { x }).y.data]).toEqual([7, 1, 2, 7, 7, 1, 7, 7, 7]);
  });

  it('keeps the names of outputs and of inner values', () => {
    const graph = canonical([node('a = Softmax(x)'), node('b = Identity(a)'), node('y = Relu(b)')], {
      dims: ['N', 3, 4],
      opset: 9,
    });
    expect(ops(graph)).toEqual(['Flatten', 'Softmax', 'Reshape', 'Relu']);
    expect(graph.nodes[2].outputs).toEqual(['a']);
    expect(graph.nodes[3]).toMatchObject({ inputs: ['a'], outputs: ['y'] });
  });

  it('keeps an output that equals another value, as an Identity', () => {
    const graph = canonical([node('a = Relu(x)'), node('y = Dropout(a)')]);
    expect(graph.nodes.map(({ op, outputs }) => [op, ...outputs])).toEqual([
      ['Relu', 'a'],
      ['Identity', 'y'],
    ]);
  });

  it('keeps a cast of the output of a foreign operator, whose type is not known', () => {
    const nodes = [node('a = my:Score(x)'), node('y = Cast(a)', { to: attr.int(1) })];
    expect(ops(canonical(nodes))).toEqual(['Score', 'Cast']);
  });

  it('keeps a window after a foreign operator, whose output has no known size', () => {
    const nodes = [
      node('a = my:Filter(x)'),
      node('y = ConvTranspose(a, w)', { auto_pad: attr.string('SAME_UPPER') }),
    ];
    const graph = canonical(nodes, { dims: ['N', 1, 4], constants: { w: float32([1, 1, 2], [1, 2]) } });
    expect(graph.nodes).toEqual(nodes);
  });

  it('is its own canonical form', () => {
    const graph = canonical(
      [
        node('s = Shape(x)'),
        node('a = Squeeze(x)', { axes: attr.ints([1]) }),
        node('b = Dropout(a)'),
        node('y = Reshape(b, s)'),
      ],
      { dims: ['N', 1, 4], opset: 11 },
    );
    expect(canonicalise(graph)).toEqual(graph);
  });

  it('replaces a computed Reshape target by a constant where that has the same meaning', () => {
    const flat = [
      node('s = Shape(x)'),
      node('n = Slice(s, zero, one)'),
      node('t = Concat(n, rest)', { axis: attr.int(0) }),
      node('y = Reshape(x, t)'),
    ];
    const constants = { zero: int64([0]), one: int64([1]), rest: int64([6, 2]) };
    const graph = canonical(flat, { dims: ['N', 3, 4], constants });
    expect(ops(graph)).toEqual(['Reshape']);
    expect(target(graph)).toEqual(BigInt64Array.of(-1n, 6n, 2n));
    const heads = canonical(
      [
        node('s = Shape(x)'),
        node('n = Slice(s, zero, two)'),
        node('t = Concat(n, rest)', { axis: attr.int(0) }),
        node('y = Reshape(x, t)'),
      ],
      {
        dims: ['N', 'L', 12],
        constants: { zero: int64([0]), two: int64([2]), rest: int64([6, 2]) },
      },
    );
    expect(target(heads)).toEqual(BigInt64Array.of(0n, 0n, 6n, 2n));
  });

  it('removes nodes without effect, but not nodes that may have one', () => {
    const same = canonical(
      [
        node('s = Shape(x)'),
        node('a = Expand(x, s)'),
        node('b = Reshape(a, s)'),
        node('c = Slice(b, zero, end)'),
        node('d = Cast(c)', { to: attr.int(1) }),
        node('y = Relu(d)'),
      ],
      {
        constants: { zero: int64([0]), end: int64([2 ** 31 - 1]) },
      },
    );
    expect(ops(same)).toEqual(['Relu']);
    expect(
      ops(
        canonical([node('a = Reshape(x, t)'), node('y = Relu(a)')], {
          dims: ['N', 'M'],
          constants: { t: int64([-1, 4]) },
        }),
      ),
    ).toEqual(['Reshape', 'Relu']);
  });

  it('upgrades the inner graphs of If and the values they capture', () => {
    const branch = graphOf({
      outputs: [value('t', undefined)],
      nodes: [node('t = Unsqueeze(a)', { axes: attr.ints([0]) })],
    });
    const choose = node('y = If(c)', {
      then_branch: { kind: 'graph', value: branch },
      else_branch: { kind: 'graph', value: branch },
    });
    const graph = canonicalise(
      graphOf({
        inputs: [value('x', ['N', 3]), value('c', [], 'bool')],
        outputs: [value('y', undefined)],
        nodes: [node('a = Dropout(x)'), choose],
        opsets: { '': 9 },
      }),
    );
    const inner = graph.nodes[0].attributes.then_branch;
    expect(ops(graph)).toEqual(['If']);
    expect(inner?.kind === 'graph' && inner.value.nodes[0].inputs[0]).toBe('x');
    expect(infer(graph).get('y')?.dims).toEqual([1, 'N', 3]);
  });

  it('copies no weights and leaves large products of constants to the runtime', () => {
    const weights = { dtype: 'float32' as const, dims: [1024, 1024], data: new Float32Array(2 ** 20) };
    const graph = canonical([node('w2 = Transpose(w)'), node('y = MatMul(x, w2)')], {
      dims: ['N', 1024],
      constants: { w: weights },
    });
    expect(ops(graph)).toEqual(['Transpose', 'MatMul']);
    expect(graph.constants.get('w')?.data).toBe(weights.data);
  });

  it('refuses a model exported for training, whose outputs are random', () => {
    const constants = { r: float32([], [0.5]), on: constantFrom('bool', [], [1]) };
    expect(codeOf(() => canonical([node('y = Dropout(x, r, on)')], { constants }))).toBe('model-unsupported');
  });

  it('keeps ceil_mode only where it adds windows', () => {
    const pool = (strides: number) =>
      node('y = MaxPool(x)', {
        kernel_shape: attr.ints([2]),
        strides: attr.ints([strides]),
        ceil_mode: attr.int(1),
      });
    const ceil = (size: Dims[number], strides: number) =>
      canonical([pool(strides)], { dims: [1, 1, size] }).nodes[0].attributes.ceil_mode;
    const on = attr.int(1);
    expect([ceil(5, 2), ceil(9, 4), ceil('L', 2)]).toEqual([on, on, on]);
    // The windows fit; the last one would start at 6, beyond the end; a stride of 1 leaves nothing over.
    expect([ceil(6, 2), ceil(6, 3), ceil('L', 1)]).toEqual([undefined, undefined, undefined]);
  });

  it('keeps auto_pad only where the padding depends on a symbol', () => {
    const conv = node('y = MaxPool(x)', {
      kernel_shape: attr.ints([3]),
      strides: attr.ints([2]),
      auto_pad: attr.string('SAME_UPPER'),
    });
    const pads = (dims: Dims) => canonical([conv], { dims }).nodes[0].attributes;
    expect(pads([1, 1, 8]).pads).toEqual(attr.ints([0, 1]));
    expect(pads([1, 1, 'L']).auto_pad).toEqual(attr.string('SAME_UPPER'));
  });

  it('takes less than a second for ten thousand nodes', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => {
      const [from, to] = [i === 0 ? 'x' : `v${i}`, i === 9999 ? 'y' : `v${i + 1}`];
      return i % 2 === 0 ? node(`${to} = Add(${from}, w)`) : node(`${to} = Relu(${from})`);
    });
    const seconds = (): number => {
      const before = process.cpuUsage();
      expect(canonical(chain, { constants: { w: float32([3], [1, 2, 3]) } }).nodes).toHaveLength(10_000);
      return process.cpuUsage(before).user / 1e6;
    };
    expect(Math.min(seconds(), seconds())).toBeLessThan(1);
  });
});

describe('folding', () => {
  const folded = (nodes: readonly Node[], constants: Record<string, Constant>): Graph =>
    fold(graphOf({ outputs: [value('y', undefined)], nodes, constants }));

  it('computes what depends on constants only, rounded to the declared type', () => {
    const graph = folded([node('a = Add(u, v)'), node('b = Sqrt(a)'), node('y = Mul(b, x)')], {
      u: float32([], [1]),
      v: float32([], [1]),
    });
    expect(graph.nodes).toHaveLength(1);
    const [b] = graph.nodes[0].inputs;
    expect(graph.constants.get(b)?.data).toEqual(Float32Array.of(Math.fround(Math.SQRT2)));
  });

  it('computes the outputs that a node names, wherever they stand among those it leaves out', () => {
    const graph = folded([node(', place = TopK(u, k)'), node('y = my:Op(place)')], {
      u: float32([3], [1, 5, 3]),
      k: int64([2]),
    });
    const [place] = graph.nodes[0].inputs;
    expect(graph.constants.get(place)?.data).toEqual(BigInt64Array.of(1n, 2n));
  });

  it('moves 64-bit integers and strings exactly, and does no arithmetic on integers that float64 cannot hold', () => {
    const big = {
      dtype: 'int64' as const,
      dims: [2],
      data: BigInt64Array.of(2n ** 62n + 1n, 2n ** 63n - 1n),
    };
    const text = { dtype: 'string' as const, dims: [2], data: ['a', 'b'] };
    const graph = folded(
      [
        node('a = Unsqueeze(big, zero)'),
        node('b = Concat(text, text)', { axis: attr.int(0) }),
        node('c = Add(big, big)'),
        node('y = my:Op(a, b, c)'),
      ],
      { big, text, zero: int64([0]) },
    );
    const [a, b] = graph.nodes[1].inputs.map((name) => graph.constants.get(name));
    expect(a).toEqual({ ...big, dims: [1, 2] });
    expect(b?.data).toEqual(['a', 'b', 'a', 'b']);
    expect(ops(graph)).toEqual(['Add', 'Op']);
  });
});
