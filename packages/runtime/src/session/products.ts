import { fail, type Products, rows, type Tensor, toFloat64, zeros } from '@onnxplain/core';
import { type Attributes, emptyGraph, type Graph, type Value } from '@onnxplain/graph';
import type { Session } from './session.js';
import { showDims, toTensor } from './value.js';

/** Operands are fed in parts of at most this many elements (256 MiB in float64), so that converted copies stay bounded. */
const PART_ELEMENTS = 2 ** 25;

/** Returns the session of a graph. Equal keys share one. */
export type SessionLookup = (key: string, make: () => Graph) => Promise<Pick<Session, 'run'>>;

/**
 * Float64 matrix products by ONNX Runtime; float32 operands are widened. Throws `tensor-shape` when the shapes
 * do not match.
 */
export function ortProducts(sessions: SessionLookup): Products {
  return {
    async transposeTimes(a, b) {
      const [n, p, q] = commonSizes(a, b, 0);
      const session = await sessions('products/transpose-times', () => gemm('transA'));
      const step = Math.max(1, Math.floor(PART_ELEMENTS / Math.max(p, q, 1)));
      let sum: Tensor | undefined;
      for (let from = 0; from < n; from += step) {
        const to = Math.min(n, from + step);
        const part = await product(session, rows(a, from, to), a === b ? undefined : rows(b, from, to));
        sum = sum === undefined ? part : addTo(sum, part);
      }
      return sum ?? zeros([p, q]);
    },

    async timesTranspose(a, b) {
      const [p, n, m] = commonSizes(a, b, 1);
      if (n * m * p === 0) return zeros([n, m]);
      const session = await sessions('products/times-transpose', () => gemm('transB'));
      return product(session, a, a === b ? undefined : b);
    },
  };
}

async function product(session: Pick<Session, 'run'>, a: Tensor, b = a): Promise<Tensor> {
  const left = toFeed(a);
  const { c } = await session.run({ a: left, b: b === a ? left : toFeed(b) });
  return toTensor(c, 'product');
}

function toFeed(t: Tensor) {
  const { shape, data } = toFloat64(t);
  return { dtype: 'float64', dims: shape, data } as const;
}

function addTo(sum: Tensor, part: Tensor): Tensor {
  for (let i = 0; i < sum.data.length; i++) sum.data[i] += part.data[i];
  return sum;
}

/** Returns the size of the common axis, then the other size of a and of b. Throws where the common axes differ. */
function commonSizes(a: Tensor, b: Tensor, axis: 0 | 1): readonly [number, number, number] {
  if (a.shape.length === 2 && b.shape.length === 2 && a.shape[axis] === b.shape[axis]) {
    return [a.shape[axis], a.shape[1 - axis], b.shape[1 - axis]];
  }
  return fail({
    code: 'tensor-shape',
    where: axis === 0 ? 'transposeTimes' : 'timesTranspose',
    expected: `two matrices with equal axis ${axis}`,
    got: `${showDims(a.shape)} and ${showDims(b.shape)}`,
  });
}

function gemm(transposed: 'transA' | 'transB'): Graph {
  const matrix = (name: string): Value => ({ name, dtype: 'float64', dims: [`${name}0`, `${name}1`] });
  const attributes: Attributes = { [transposed]: { kind: 'int', value: 1 } };
  return {
    ...emptyGraph({ '': 17 }),
    name: transposed,
    inputs: [matrix('a'), matrix('b')],
    outputs: [matrix('c')],
    nodes: [{ op: 'Gemm', domain: '', name: 'product', inputs: ['a', 'b'], outputs: ['c'], attributes }],
  };
}
