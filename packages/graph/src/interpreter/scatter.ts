import { isInteger, sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { wrapped } from '../ir/integers.js';
import { type Call, choice, type EvalRow } from './call.js';
import { elementPositions, slicePositions } from './gather.js';

const reductions: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  min: Math.min,
  max: Math.max,
};

/** Returns the function that combines an element and an update. Several updates of one element are applied in order. */
function reductionOf(call: Call): (old: number, update: number) => number {
  const { dtype } = call.input(0);
  const reduce = choice(call, reductions, [
    'reduction',
    attributesOf(call.node, 'ScatterElements', 'ScatterND').reduction,
  ]);
  return isInteger(dtype) ? (old, update) => wrapped(call.where, dtype, reduce(old, update)) : reduce;
}

function checkUpdates(call: Call, dims: readonly number[]): void {
  const got = call.input(2).dims;
  if (got.join() !== dims.join()) call.refuse('shape-mismatch', `updates of dims [${dims}]`, `[${got}]`);
}

const scatterElements: EvalRow = (call) => {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const reduce = reductionOf(call);
  checkUpdates(call, indices.dims);
  const data = x.data.slice();
  elementPositions(call, x, indices).forEach((at, i) => {
    data[at] = reduce(data[at], updates.data[i]);
  });
  return { ...x, data };
};

const scatterND: EvalRow = (call) => {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const reduce = reductionOf(call);
  const data = x.data.slice();
  const tail = x.dims.slice(indices.dims.at(-1) ?? 0);
  checkUpdates(call, [...indices.dims.slice(0, -1), ...tail]);
  const size = sizeOf(tail);
  slicePositions(call, [x, indices]).forEach((at, t) => {
    for (let i = 0; i < size; i++) data[at + i] = reduce(data[at + i], updates.data[t * size + i]);
  });
  return { ...x, data };
};

export const scatterRows = {
  ScatterElements: scatterElements,
  ScatterND: scatterND,
} satisfies Record<string, EvalRow>;
