import type { DataType, Op } from '../../src/index.js';
import { attributes, fixed, float32, integers, of, random, type Sample, sample, scalar } from './make.js';

type Samples = () => readonly Sample[];

/** Numbers that no quotient with these scales puts half way between integers. */
const values = () => random([2, 3, 4], 301, [-6, 6]);
const scales = () => float32([3], [0.13, 0.07, 0.21]);
const zeros = (dtype: DataType) => of(dtype, [3], dtype === 'uint8' ? [128, 3, 60] : [0, -5, 17]);

const quantised = (dtype: DataType) =>
  integers(dtype, [2, 3, 4], {
    seed: 302,
    low: dtype === 'uint8' ? 0 : -128,
    high: dtype === 'uint8' ? 255 : 127,
  });

const step = (
  inputs: Parameters<typeof sample>[1],
  note: string,
  options: Parameters<typeof attributes>[0] = {},
): Sample => sample('QuantizeLinear', inputs, { note, smooth: false, attributes: attributes(options) });

const line = (
  inputs: Parameters<typeof sample>[1],
  note: string,
  options: Parameters<typeof attributes>[0] = {},
): Sample => sample('DequantizeLinear', inputs, { note, attributes: attributes(options) });

export const quantiseSamples = {
  QuantizeLinear: () => [
    step([values(), fixed(scalar(0.037))], 'uint8 without zero point'),
    step([values(), fixed(scalar(0.037)), fixed(of('int8', [], [7]))], 'int8, values outside'),
    step([values(), fixed(scalar(0.1)), fixed(of('uint8', [], [128]))], 'uint8'),
    step([values(), fixed(scales()), fixed(zeros('int8'))], 'per axis'),
    step([values(), fixed(scales()), fixed(zeros('uint8'))], 'per axis from the end', { axis: -2 }),
    step(
      [float32([6], [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]), fixed(scalar(1)), fixed(of('int8', [], [0]))],
      'halves',
    ),
  ],
  DequantizeLinear: () => [
    line([fixed(quantised('int8')), scalar(0.037)], 'no zero point'),
    line([quantised('int8'), scalar(0.037), fixed(of('int8', [], [7]))], 'int8'),
    line([quantised('uint8'), scalar(0.1), fixed(of('uint8', [], [128]))], 'uint8'),
    line([quantised('int8'), scales(), fixed(zeros('int8'))], 'per axis'),
    line([quantised('uint8'), scales(), fixed(zeros('uint8'))], 'per axis from the end', { axis: -2 }),
    line([integers('int32', [3, 2], { seed: 303 }), scales()], 'int32 per axis', { axis: 0 }),
  ],
} satisfies Partial<Record<Op, Samples>>;
