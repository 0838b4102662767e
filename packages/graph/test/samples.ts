import type { Op } from '../src/index.js';
import { controlSamples } from './samples/control.js';
import { arithmeticSamples, compareSamples, unarySamples } from './samples/elementwise.js';
import type { Sample } from './samples/make.js';
import { movementSamples, reduceSamples, shapeSamples } from './samples/movement.js';
import { castSamples, linearSamples, normSamples } from './samples/network.js';
import { quantiseSamples } from './samples/quantise.js';
import { recurrentSamples } from './samples/recurrent.js';
import { samplingSamples } from './samples/sampling.js';
import { bitSamples, drawSamples, placeSamples, signalSamples } from './samples/signal.js';

export type { Sample } from './samples/make.js';

/**
 * One-node graphs with feeds for every operator: its attributes, broadcasting, zeros, ties, special values. Float values are
 * float32 numbers, so that the same sample can be run by ONNX Runtime and, exactly, by the float64 interpreter.
 */
export const samples: Readonly<Record<Op, () => readonly Sample[]>> = {
  ...unarySamples,
  ...arithmeticSamples,
  ...compareSamples,
  ...castSamples,
  ...linearSamples,
  ...normSamples,
  ...movementSamples,
  ...reduceSamples,
  ...placeSamples,
  ...signalSamples,
  ...drawSamples,
  ...bitSamples,
  ...quantiseSamples,
  ...recurrentSamples,
  ...samplingSamples,
  ...controlSamples,
  ...shapeSamples,
};
