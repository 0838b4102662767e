import {
  type Attribution,
  type Draws,
  fail,
  inputRows,
  isLazyRows,
  lazyRows,
  type RowsWriter,
  removedParts,
  rowByRow,
  type Score,
  sizeOf,
  type Tensor,
} from '@onnxplain/core';

/** What is found about draws, a number for each. */
export interface Predictions {
  /** f at the input. */
  readonly values: Float64Array;
  /** I·Φ for each attribution. */
  readonly products: readonly Float64Array[];
  /** 1 where the input differs from x, else 0. */
  readonly moved: Uint8Array;
}

interface Predicting {
  readonly f: Score;
  readonly x: Tensor;
  readonly attributions: readonly Attribution[];
}

/**
 * Evaluates f at the inputs of draws and computes what attributions predict. For other than local attributions the mask takes the place of
 * I, because their values are not slopes. Where draws remove features, products come from sums over these, else from the inputs.
 */
export async function predict({ f, x, attributions }: Predicting, draws: Draws): Promise<Predictions> {
  const slopes = attributions.flatMap(({ kind, values }) => (kind === 'local' ? [values] : []));
  const parts = removedParts(x, draws);
  const { values, products, moved } =
    parts === undefined
      ? await multiplied({ f, x, slopes }, inputRows(x, draws))
      : {
          values: await f.value(inputRows(x, draws)),
          products: slopes.map(parts.times),
          moved: parts.moved(),
        };
  const ofSlopes = products.values();
  const own = attributions.map((attribution) =>
    attribution.kind === 'local' ? ofSlopes.next().value : maskProducts(draws, attribution),
  );
  return { values, products: own.filter((each) => each !== undefined), moved };
}

function maskProducts({ masks }: Draws, { values }: Attribution): Float64Array {
  if (masks !== undefined) return masks.times(values);
  return fail({
    code: 'not-applicable',
    where: 'infidelity',
    expected: 'masks with every draw, because the perturbation declares masks',
    got: 'draws without masks',
  });
}

/** Multiplies every input when it is computed for a run of f, so that it is computed once and need not be kept. */
async function multiplied(
  { f, x, slopes }: { readonly f: Score; readonly x: Tensor; readonly slopes: readonly Tensor[] },
  inputs: Tensor,
): Promise<Predictions> {
  const [n] = inputs.shape;
  const wholes = slopes.map(({ data }) => product(x.data, data));
  const products = slopes.map(() => new Float64Array(n));
  const moved = new Uint8Array(n);
  const read = new Uint8Array(n);
  const size = sizeOf(x.shape);
  const look = (row: Tensor['data'], i: number): void => {
    slopes.forEach(({ data }, k) => {
      products[k][i] = wholes[k] - product(row, data);
    });
    moved[i] = differs(row, x.data) ? 1 : 0;
    read[i] = 1;
  };
  const write = fewRows((out, from, to) => {
    if (isLazyRows(inputs)) inputs.writeRows(out, from, to);
    else out.set(inputs.data.subarray(from * size, to * size));
    rowByRow(look)(out, from, to);
  });
  const type = x.data instanceof Float32Array ? 'float32' : 'float64';
  const values = await f.value(lazyRows({ n, shape: x.shape, type, write }));
  // A function may give its values without reading every input.
  const row = type === 'float32' ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < n; i++) if (read[i] === 0) write(row, i, i + 1);
  return { values, products, moved };
}

/** Rows that are written together: they are drawn together, and still in the cache when they are read. */
const TOGETHER = 4;

const fewRows =
  (write: RowsWriter): RowsWriter =>
  (out, from, to) => {
    const size = out.length / (to - from);
    for (let i = from; i < to; i += TOGETHER) {
      const end = Math.min(to, i + TOGETHER);
      write(out.subarray((i - from) * size, (end - from) * size), i, end);
    }
  };

/** The sum of a·b, in four parts that do not wait for each other. */
function product(a: Tensor['data'], b: Tensor['data']): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 4 <= a.length; j += 4) {
    s0 += a[j] * b[j];
    s1 += a[j + 1] * b[j + 1];
    s2 += a[j + 2] * b[j + 2];
    s3 += a[j + 3] * b[j + 3];
  }
  for (; j < a.length; j++) s0 += a[j] * b[j];
  return s0 + s1 + (s2 + s3);
}

function differs(a: Tensor['data'], b: Tensor['data']): boolean {
  for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) return true;
  return false;
}
