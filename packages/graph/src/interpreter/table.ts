import type { Op } from '../ir/ops.js';
import { arithmeticRows } from './arithmetic.js';
import { bitRows } from './bits.js';
import { nonMaxSuppression } from './boxes.js';
import type { EvalRow } from './call.js';
import { castRows } from './cast.js';
import { col2im } from './col2im.js';
import { compareRows } from './compare.js';
import { controlRows } from './control.js';
import { convRows } from './conv.js';
import { deformConv } from './deform.js';
import { gatherRows } from './gather.js';
import { gridSample } from './grid-sample.js';
import { layoutRows } from './layout.js';
import { linearRows } from './linear.js';
import { normRows } from './norm.js';
import { orderRows } from './order.js';
import { pad } from './pad.js';
import { poolRows } from './pool.js';
import { quantiseRows } from './quantise.js';
import { randomRows } from './random.js';
import { recurrentRows } from './recurrent.js';
import { reduceRows } from './reduce.js';
import { resize } from './resize.js';
import { roiRows } from './roi.js';
import { scatterRows } from './scatter.js';
import { shapeRows } from './shape.js';
import { signalRows } from './signal.js';
import { sliceRows } from './slice.js';
import { unaryRows } from './unary.js';
import { unique } from './unique.js';

/** How the interpreter computes each operator of the canonical form. */
export const evalRows: Readonly<Record<Op, EvalRow>> = {
  ...unaryRows,
  ...arithmeticRows,
  ...compareRows,
  ...castRows,
  ...linearRows,
  ...convRows,
  ...poolRows,
  ...normRows,
  ...sliceRows,
  ...layoutRows,
  ...gatherRows,
  ...scatterRows,
  Col2Im: col2im,
  NonMaxSuppression: nonMaxSuppression,
  Pad: pad,
  Resize: resize,
  Unique: unique,
  ...signalRows,
  ...randomRows,
  ...bitRows,
  DeformConv: deformConv,
  GridSample: gridSample,
  ...roiRows,
  ...reduceRows,
  ...orderRows,
  ...quantiseRows,
  ...recurrentRows,
  ...controlRows,
  ...shapeRows,
};

const known = new Map<string, EvalRow>(Object.entries(evalRows));

/** Returns the row of an operator of the ONNX domain; undefined for other operators. */
export function evalRowOf(op: string, domain: string): EvalRow | undefined {
  return domain === '' || domain === 'ai.onnx' ? known.get(op) : undefined;
}
