import type { GraphBuilder } from '../../builder/build.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom, numbersOf } from '../../ir/constant.js';
import type { Constant, Node } from '../../ir/types.js';
import { input, type OpRewrite } from '../../rewrite/op-rewrite.js';

/** Weights [columns, K] of `bits` bits, packed into bytes block by block, the lowest bits first. */
interface PackedWeights {
  readonly columns: number;
  readonly depth: number;
  readonly bits: number;
  readonly block: number;
  /** [columns, blocks, bytes of a block]. */
  readonly bytes: Uint8Array;
  /** [columns, blocks]. */
  readonly scales: ArrayLike<number>;
  /** [columns, blocks]. */
  readonly zeros: ArrayLike<number>;
}

/**
 * A MatMul with the weights as floats, (q - zero point) * scale, plus the bias. The weights then take as much memory as they took before
 * quantisation. Kept as it is: weights that the graph computes, and reordered ones (`g_idx`).
 */
export const matMulNBits: OpRewrite = (node, b) => {
  const packed = weightsOf(node, b);
  if (packed === undefined || input(node, 4) !== '') return undefined;
  const x = input(node, 0);
  const dims = [packed.depth, packed.columns];
  const data = unpacked(packed);
  const weights: Constant =
    b.dtype(x) === 'float32'
      ? { dtype: 'float32', dims, data }
      : constantFrom(b.dtype(x), dims, Float64Array.from(data));
  const product = b.emit('MatMul', [x, b.constant(weights, 'weights')]);
  return [input(node, 5) === '' ? product : b.emit('Add', [product, input(node, 5)])];
};

function weightsOf(node: Node, b: GraphBuilder): PackedWeights | undefined {
  const { K: depth, N: columns, bits, block_size: block } = attributesOf(node, 'com.microsoft:MatMulNBits');
  const [bytes, scales, given] = [1, 2, 3].map((i) => b.constantOf(input(node, i)));
  if (!(bytes?.data instanceof Uint8Array) || scales === undefined) return undefined;
  if (![2, 4, 8].includes(bits)) return undefined;
  if (input(node, 3) !== '' && given === undefined) return undefined;
  const blocks = Math.ceil(depth / block);
  const zeros =
    given === undefined
      ? new Float64Array(columns * blocks).fill(2 ** (bits - 1))
      : given.data instanceof Uint8Array
        ? fieldsOf(given.data, { rows: columns, width: blocks, bits })
        : numbersOf(given);
  return { columns, depth, bits, block, bytes: bytes.data, scales: numbersOf(scales), zeros };
}

/** Reads rows of fields of some bits, each row from a byte of its own on. */
function fieldsOf(
  bytes: Uint8Array,
  { rows, width, bits }: { rows: number; width: number; bits: number },
): Uint8Array {
  const perByte = 8 / bits;
  const stride = Math.ceil(width / perByte);
  const fields = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) {
      const byte = bytes[row * stride + Math.floor(i / perByte)] ?? 0;
      fields[row * width + i] = (byte >> (bits * (i % perByte))) & (2 ** bits - 1);
    }
  return fields;
}

/** Returns the weights as floats, [depth, columns]. */
function unpacked({ columns, depth, bits, block, bytes, scales, zeros }: PackedWeights): Float32Array {
  const blocks = Math.ceil(depth / block);
  const fields = fieldsOf(bytes, { rows: columns * blocks, width: block, bits });
  const weights = new Float32Array(depth * columns);
  for (let column = 0; column < columns; column++)
    for (let k = 0; k < depth; k++) {
      const at = column * blocks + Math.floor(k / block);
      const field = fields[at * block + (k % block)] ?? 0;
      weights[k * columns + column] = (field - (zeros[at] ?? 0)) * (scales[at] ?? 0);
    }
  return weights;
}
