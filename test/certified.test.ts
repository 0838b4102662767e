import { minimum } from '@onnxplain/attacks';
import { elementFeatures, key, type Norm, stream, tensor } from '@onnxplain/core';
import { certifiedRadius, type ReluLayers } from '@onnxplain/graph';
import { expect, it } from 'vitest';
import { type Layer, predictedMargin, reluNet } from '../packages/attacks/test/scores.js';

const d = 6;
const marks = [
  [1, 1, 1, 1, 1, 1],
  [1, 1, 1, 0, 0, 0],
  [0, 0, 0, 0, 1, 1],
];

/** A random network of one layer of rectifiers, as a margin for attacks and as layers for bounds. */
function netOf(seed: number) {
  const random = stream(key(seed));
  const layer = (outputs: number, inputs: number): Layer => ({
    w: Array.from({ length: outputs }, () =>
      Float64Array.from({ length: inputs }, () => random.normal() / Math.sqrt(inputs)),
    ),
    b: Array.from({ length: outputs }, () => 0.2 * random.normal()),
  });
  const x = Float64Array.from({ length: d }, () => 0.2 + 0.6 * random.uniform());
  const [inner, outer] = [layer(12, d), layer(3, 12)];
  const flat = ({ w }: Layer) => Float64Array.from(w.flatMap((row) => [...row]));
  const layers: ReluLayers = {
    sizes: [d, 12],
    hidden: [{ size: 12, matrices: new Map([[0, flat(inner)]]), offset: Float64Array.from(inner.b) }],
    output: { size: 3, matrices: new Map([[1, flat(outer)]]), offset: Float64Array.from(outer.b) },
  };
  return { x, layers, margin: predictedMargin(reluNet(inner, outer, [0, 1]), x) };
}

it.each<Norm>(['l1', 'l2', 'linf'])(
  'the %s norm that an attack finds is never below the certified radius, which is not far below it',
  async (norm) => {
    const ratios: number[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const { x, layers, margin } = netOf(seed);
      const target = margin.classes?.target ?? 0;
      const free = {
        features: elementFeatures([d]),
        free: Uint8Array.from(marks.flat()),
        input: new Int32Array(marks.length),
      };
      const found = await minimum({ norm, steps: 20 })(margin, tensor(x, [1, d]), free, key(0));
      for (const [set, { estimate }] of found.entries()) {
        const radius = certifiedRadius(layers, { x, norm, free: marks[set], bounds: [0, 1], target });
        const upper = 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
        expect(upper, `net ${seed}, set ${set}`).toBeGreaterThanOrEqual(radius);
        if (upper < Number.POSITIVE_INFINITY) ratios.push(radius / upper);
      }
    }
    const mean = ratios.reduce((sum, v) => sum + v, 0) / ratios.length;
    expect(mean).toBeGreaterThan(0.6);
  },
);
