import { flag, int } from './attribute.js';
import { op } from './op-schema.js';

const reduction = op(
  'reduction',
  { keepdims: flag(true, 'one'), noop_with_empty_axes: flag(false, 'one') },
  { inputs: [1, 2] },
);
const cumulative = op(
  'cumulative',
  { exclusive: flag(false, 'strict'), reverse: flag(false, 'strict') },
  { inputs: 2 },
);
const extreme = op('search', {
  axis: int(0),
  keepdims: flag(true, 'one'),
  select_last_index: flag(false, 'nonzero'),
});

/** Operators that sum up axes, and those that search along them. */
export const reductions = {
  ArgMax: extreme,
  ArgMin: extreme,
  CumProd: cumulative,
  CumSum: cumulative,
  NonMaxSuppression: op('search', { center_point_box: flag(false, 'strict') }, { inputs: [2, 5] }),
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSum: reduction,
  ReduceLogSumExp: reduction,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceSum: reduction,
  ReduceSumSquare: reduction,
  TopK: op(
    'search',
    { axis: int(-1), largest: flag(true, 'one'), sorted: flag(true, 'one') },
    { inputs: 2, outputs: 2 },
  ),
};
