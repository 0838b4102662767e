import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Explainer, key, type Tensor, tensor } from '@onnxplain/core';
import { deconvolution, deepLift, gradCam, guidedBackprop, lrp } from '@onnxplain/explainers';
import { type Model, open, score } from '@onnxplain/runtime';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Packed, pathOf, relativeGap, unpack } from './exports.js';

/** A small network, with the attributions that Captum computes for it (scripts/exports/attributions.py). */
interface Case {
  readonly file: string;
  readonly x: Packed;
  readonly baseline: Packed;
  readonly target: number;
  readonly logit: number;
  readonly expected: Readonly<Record<string, Packed>>;
}

const cases: readonly Case[] = JSON.parse(readFileSync(pathOf('attributions', 'cases.json'), 'utf8'));

/** The last rectifier before the average pool, as the exporter names it. */
const LAYER = '/body/body.4/Relu_output_0';

function explainerOf(expression: string, baseline: Tensor): Explainer {
  const made: Readonly<Record<string, () => Explainer>> = {
    'lrp(epsilon, epsilon=1e-9)': () => lrp({ rule: 'epsilon', epsilon: 1e-9 }),
    'lrp(epsilon, epsilon=0.25)': () => lrp({ rule: 'epsilon', epsilon: 0.25 }),
    'lrp(z-plus)': () => lrp({ rule: 'z-plus' }),
    'lrp(gamma, gamma=0.5)': () => lrp({ rule: 'gamma', gamma: 0.5 }),
    'guided-backprop': guidedBackprop,
    deconvolution,
    'deep-lift(baseline=BASELINE)': () => deepLift({ baseline }),
    'grad-cam(LAYER, upsample=nearest)': () => gradCam({ layer: LAYER, upsample: 'nearest' }),
  };
  return made[expression]();
}

/** Repeats a map of positions for each channel: Captum returns it without channels. */
function comparable({ shape, data }: Tensor, expected: Tensor): ArrayLike<number> {
  if (expected.shape[0] === shape[0]) return data;
  const size = data.length / shape[0];
  return Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < shape[0]; c++) sum += data[c * size + i];
    return sum;
  });
}

/** Returns the file as ONNX Runtime's optimiser writes it, with activations fused into the operators before them. */
async function optimised(path: string): Promise<string> {
  const out = join(tmpdir(), `onnxplain-${process.pid}-${Math.random().toString(36).slice(2)}.onnx`);
  const session = await ort.InferenceSession.create(path, {
    graphOptimizationLevel: 'extended',
    optimizedModelFilePath: out,
    logSeverityLevel: 3,
  });
  await session.release();
  return out;
}

for (const { file, target, logit, expected, ...stored } of cases) {
  describe.each(['as exported', 'as ONNX Runtime optimises it'])(`${file} %s`, (form) => {
    const [x, baseline] = [unpack(stored.x), unpack(stored.baseline)];
    let model: Model;
    let path = pathOf('attributions', file);
    beforeAll(async () => {
      if (form !== 'as exported') path = await optimised(path);
      model = await open(path, { device: 'cpu', threads: 1 });
    });
    afterAll(async () => {
      await model.close();
      if (form !== 'as exported') rmSync(path);
    });

    it('has fused activations if it was optimised', () => {
      const fused = model.source.nodes.some(({ op }) => op === 'FusedConv');
      expect(fused).toBe(form !== 'as exported' && file !== 'smooth.onnx');
    });

    // The output of a fused activation is not a tensor of the graph.
    const methods = Object.keys(expected).filter(
      (name) => form === 'as exported' || !name.startsWith('grad-cam'),
    );
    it.each(methods)('%s gives the attributions of Captum', async (method) => {
      const f = await score(model, { target });
      const { values } = await explainerOf(method, baseline)(f, x, key(0));
      const truth = unpack(expected[method]);
      expect(relativeGap(comparable(values, truth), truth.data)).toBeLessThan(1e-4);
    });

    it('has the score that it explains', async () => {
      const f = await score(model, { target });
      const [value] = await f.value(tensor(x.data, [1, ...x.shape]));
      expect(value).toBeCloseTo(logit, 5);
    });
  });
}
