import { dtypeInfo, isFloat } from '@onnxplain/core';
import type { Constant, Graph } from '../ir/types.js';

/** A constant with numbers that are not finite. */
export interface NotFinite {
  readonly name: string;
  readonly nan: number;
  /** Infinite numbers of either sign, which masks of attention have on purpose. */
  readonly infinite: number;
}

/** The constants of a graph that hold NaN or infinity, with how many. */
export function notFiniteConstants({ constants }: Pick<Graph, 'constants'>): readonly NotFinite[] {
  return [...constants].flatMap(([name, constant]) => {
    const counts = countIn(constant);
    return counts.nan + counts.infinite === 0 ? [] : [{ name, ...counts }];
  });
}

function countIn({ dtype, data }: Constant): Omit<NotFinite, 'name'> {
  const counts = { nan: 0, infinite: 0 };
  if (!isFloat(dtype) || Array.isArray(data)) return counts;
  const decode = dtypeInfo(dtype)?.decode ?? Number;
  for (const element of data) {
    const value = decode(Number(element));
    if (Number.isNaN(value)) counts.nan++;
    else if (!Number.isFinite(value)) counts.infinite++;
  }
  return counts;
}
