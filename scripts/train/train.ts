import { fold, type Key } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { type Arrays, type Model, open } from '@onnxplain/runtime';
import { batches, type Examples } from './examples.js';
import { LABEL, lossGradient } from './loss.js';
import { type Network, weightsOf, withWeights } from './network.js';
import { movingMean, type Optimiser, type Schedule } from './optimisers.js';

export interface TrainingOptions {
  readonly examples: Examples;
  readonly optimiser: Optimiser;
  readonly rate: Schedule;
  /** How often each example is used. */
  readonly epochs: number;
  /** Greatest number of rows of a step. */
  readonly batch: number;
  /** Decay of the moving mean of the weights, which is then the result. Default: the result is the weights of the last step. */
  readonly averaging?: number;
  /** Threads of ONNX Runtime. Default: all cores. */
  readonly threads?: number;
  /** Of the order of examples and of their random changes. */
  readonly key: Key;
  /** Called after each epoch. */
  readonly report?: (epoch: EpochReport) => void;
}

export interface EpochReport {
  /** From 1 up. */
  readonly epoch: number;
  /** Mean cross entropy of the examples of the epoch, each at its own step. */
  readonly loss: number;
  /** Since training began. */
  readonly seconds: number;
}

/**
 * Trains a classifier: minimises the mean cross entropy of batches by its gradient with respect to the weights, which `grad` compiles and
 * ONNX Runtime runs. Returns the network with the trained weights.
 */
export async function train(network: Network, options: TrainingOptions): Promise<Network> {
  const { examples, epochs, batch, key, averaging, rate, report } = options;
  const file = write(lossGradient(network, network.weights));
  await using model = await open(file, { device: 'cpu', threads: options.threads });
  const parameters = weightsOf(network);
  const step = options.optimiser(parameters.map(({ length }) => length));
  const average = averaging === undefined ? undefined : movingMean(parameters, averaging);
  const started = performance.now();
  for (let epoch = 0; epoch < epochs; epoch++) {
    const own = fold(key, epoch);
    const parts = batches(examples, batch, own);
    let total = 0;
    for (const [i, picked] of parts.entries()) {
      const feeds = {
        ...labelled(examples, picked, fold(own, i)),
        ...weightFeeds(network, parameters),
      };
      const { loss, gradients } = await lossAndGradients(model, feeds);
      step(parameters, gradients, rate((epoch + i / parts.length) / epochs));
      average?.update();
      total += loss * picked.length;
    }
    const seconds = (performance.now() - started) / 1000;
    report?.({ epoch: epoch + 1, loss: total / examples.labels.length, seconds });
  }
  return withWeights(network, average?.means ?? parameters);
}

/** The inputs and labels of some examples. */
function labelled(examples: Examples, picked: Uint32Array, key: Key): Arrays {
  const data = BigInt64Array.from(picked, (index) => BigInt(examples.labels[index]));
  return { ...examples.feeds(picked, key), [LABEL]: { dtype: 'int64', dims: [picked.length], data } };
}

function weightFeeds({ graph, weights }: Network, values: readonly Float32Array[]): Arrays {
  return Object.fromEntries(
    weights.map((name, i) => {
      const dims = graph.constants.get(name)?.dims ?? [];
      return [name, { dtype: 'float32', dims, data: values[i] } as const];
    }),
  );
}

async function lossAndGradients(model: Model, feeds: Arrays) {
  const out = await model.run(feeds);
  const [loss, ...gradients] = model.outputs.map(({ name }) => floats(out[name].data));
  return { loss: loss[0], gradients };
}

function floats(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError('expected float32 outputs');
}

/** Returns the share of examples whose largest output is that of their class. */
export async function accuracy({ graph }: Network, examples: Examples, key: Key): Promise<number> {
  await using model = await open(write(graph), { device: 'cpu' });
  const [{ name }] = model.outputs;
  let right = 0;
  for (const picked of batches(examples, 500, key)) {
    const logits = floats((await model.run(examples.feeds(picked, key)))[name].data);
    const count = logits.length / picked.length;
    picked.forEach((index, row) => {
      const scores = logits.subarray(row * count, (row + 1) * count);
      if (scores.indexOf(Math.max(...scores)) === examples.labels[index]) right += 1;
    });
  }
  return right / examples.labels.length;
}
