import { dtypeInfo, viewElements } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { constantFrom, numbersOf } from '../ir/constant.js';
import type { Constant, DataType } from '../ir/types.js';
import { broadcastInputs } from './arithmetic.js';
import { type Call, choice, type EvalRow } from './call.js';
import { typeOfCode } from './cast.js';

const widthOf = (dtype: DataType): number => 8 * (dtypeInfo(dtype)?.bytes ?? 0);

/** Returns the two's complement number of the type with these low bits. */
function wrapToWidth(dtype: DataType, bits: bigint): number {
  const width = widthOf(dtype);
  return Number(
    dtypeInfo(dtype)?.kind === 'unsigned' ? BigInt.asUintN(width, bits) : BigInt.asIntN(width, bits),
  );
}

const bitwise =
  (f: (a: bigint, b: bigint) => bigint): EvalRow =>
  (call) => {
    const { dtype } = call.input(0);
    const { dims, operands } = broadcastInputs(call);
    const [a, b] = operands;
    return { dtype, dims, data: a.map((v, i) => wrapToWidth(dtype, f(BigInt(v), BigInt(b[i])))) };
  };

const shifts: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  LEFT: (a, b) => a << shiftAmount(b),
  RIGHT: (a, b) => a >> shiftAmount(b),
};

/** Replaces a negative shift, or one beyond 64 bits, by 64, which shifts out all bits. */
const shiftAmount = (b: bigint): bigint => (b < 0n || b > 64n ? 64n : b);

/** Reads the stored bits of the elements as another type of the same width. */
const bitCast: EvalRow = (call) => {
  const x = call.input(0);
  const to = typeOfCode(call, attributesOf(call.node, 'BitCast').to);
  if (widthOf(to) !== widthOf(x.dtype)) {
    call.refuse('model-invalid', `a type of ${widthOf(x.dtype)} bits`, to);
  }
  return {
    dtype: to,
    dims: x.dims,
    data: numbersOf(reinterpret(constantFrom(x.dtype, x.dims, x.data), to, call)),
  };
};

function reinterpret({ dims, data }: Constant, to: DataType, call: Call): Constant {
  if (!ArrayBuffer.isView(data) || to === 'string') return call.refuse('type-mismatch', 'numbers', to);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dtype: to, dims, data: viewElements(to, bytes) };
}

export const bitRows = {
  BitCast: bitCast,
  BitShift: (call) =>
    bitwise(choice(call, shifts, ['direction', attributesOf(call.node, 'BitShift').direction]))(call),
  BitwiseAnd: bitwise((a, b) => a & b),
  BitwiseNot: (call) => {
    const x = call.input(0);
    return { ...x, data: x.data.map((v) => wrapToWidth(x.dtype, ~BigInt(v))) };
  },
  BitwiseOr: bitwise((a, b) => a | b),
  BitwiseXor: bitwise((a, b) => a ^ b),
} satisfies Record<string, EvalRow>;
