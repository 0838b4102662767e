import { type Key, stream } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { type Arrays, type Model, open } from '@onnxplain/runtime';
import { floats } from './feeds.js';
import { lossGradient } from './loss.js';
import type { Network } from './network.js';

export interface AdversaryOptions {
  /** Greatest change of an element of the input. */
  readonly radius: number;
  readonly steps: number;
  /** Length of a step along the sign of the gradient. */
  readonly step: number;
  /** Least and greatest value of an element of the input. */
  readonly bounds: readonly [number, number];
}

/** Changes the input of a network so that its loss grows. */
export interface Adversary extends AsyncDisposable {
  /**
   * `feeds` are those of the gradient of the loss: input, labels and weights. Returns them with the changed input. `strength` multiplies
   * radius and step.
   */
  attack(feeds: Arrays, options: { readonly key: Key; readonly strength: number }): Promise<Arrays>;
}

/**
 * Projected gradient descent in the l-inf ball around each input (Madry et al. 2018, section 2.1): from a random point of the ball, steps
 * of equal length along the sign of the gradient of the cross entropy with respect to the input, which `grad` compiles.
 */
export async function adversary(network: Network, options: AdversaryOptions): Promise<Adversary> {
  const [{ name }] = network.graph.inputs;
  const model = await open(write(lossGradient(network, [name])), { device: 'cpu' });
  return {
    async attack(feeds, { key, strength }) {
      const radius = strength * options.radius;
      const ball = ballAround(floats(feeds[name].data), { ...options, radius });
      const data = ball.random(key);
      const changed = { ...feeds, [name]: { ...feeds[name], data } };
      for (let step = 0; step < options.steps; step++) {
        const slopes = await inputGradient(model, changed);
        for (let i = 0; i < data.length; i++)
          data[i] = ball.nearest(data[i] + strength * options.step * Math.sign(slopes[i]), i);
      }
      return changed;
    },
    [Symbol.asyncDispose]: () => model.close(),
  };
}

/** The inputs that may take the place of `centre`. */
function ballAround(centre: Float32Array, { radius, bounds: [low, high] }: AdversaryOptions) {
  const nearest = (value: number, i: number) =>
    Math.min(high, centre[i] + radius, Math.max(low, centre[i] - radius, value));
  return {
    nearest,
    random(key: Key): Float32Array {
      const drawn = new Float32Array(centre.length);
      stream(key).fillUniform(drawn, -radius, radius);
      return drawn.map((change, i) => nearest(centre[i] + change, i));
    },
  };
}

async function inputGradient(model: Model, feeds: Arrays): Promise<Float32Array> {
  const [, { name }] = model.outputs;
  return floats((await model.run(feeds, [name]))[name].data);
}
