import { fail, fold, type Key } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { type Arrays, type Model, open } from '@onnxplain/runtime';
import { type Adversary, type AdversaryOptions, adversary } from './adversary.js';
import { type Checkpoint, resume, unkept } from './checkpoint.js';
import { batches, type Examples } from './examples.js';
import { floats, labelled, weightFeeds } from './feeds.js';
import { type LossOptions, lossGradient } from './loss.js';
import { type Network, weightsOf, withWeights } from './network.js';
import { movingMean, type Optimiser, type Schedule, type Step } from './optimisers.js';

export interface TrainingOptions extends LossOptions {
  readonly examples: Examples;
  readonly optimiser: Optimiser;
  readonly rate: Schedule;
  /** How often each example is used. */
  readonly epochs: number;
  /** Greatest number of rows of a step. */
  readonly batch: number;
  /** Decay of the moving mean of the weights, which is then the result. Default: the result is the weights of the last step. */
  readonly averaging?: number;
  /**
   * Attacks each batch before its step, so that the network learns from the attacked inputs. The strength of the attack grows in a straight
   * line from 0 to 1 in the first half of the steps: from the start, a small network learns nothing. Default: none.
   */
  readonly adversary?: AdversaryOptions;
  /** Keeps the state after each epoch, from which an interrupted run goes on. Default: nothing is kept. */
  readonly checkpoint?: Checkpoint;
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
  const { epochs, averaging, checkpoint, report } = options;
  const file = write(lossGradient(network, network.weights, options));
  await using model = await open(file, { device: 'cpu', threads: options.threads });
  await using opponent = options.adversary && (await adversary(network, options.adversary));
  const parameters = weightsOf(network);
  const average = averaging === undefined ? undefined : movingMean(parameters, averaging);
  const descend = options.optimiser(parameters.map(({ length }) => length));
  const step: Step = (...change) => {
    descend(...change);
    average?.update();
  };
  const before = checkpoint
    ? resume(checkpoint, [...parameters, ...stateOf(descend), ...(average?.state ?? [])])
    : unkept;
  const started = performance.now();
  for (let epoch = before.epochs; epoch < epochs; epoch++) {
    const loss = await trainEpoch({ ...options, network, model, opponent, parameters, step }, epoch);
    const seconds = before.seconds + (performance.now() - started) / 1000;
    before.save({ epochs: epoch + 1, seconds });
    report?.({ epoch: epoch + 1, loss, seconds });
  }
  return withWeights(network, average?.means ?? parameters);
}

/** What the optimiser remembers. Throws `option-value` if it does not give it. */
function stateOf({ state }: Step): readonly Float32Array[] {
  return (
    state ??
    fail({
      code: 'option-value',
      where: 'checkpoint',
      expected: 'an optimiser whose state can be kept',
      got: 'one without',
      remedy: 'train without --checkpoint, or by sgd',
    })
  );
}

interface Training extends TrainingOptions {
  readonly network: Network;
  readonly model: Model;
  readonly opponent: Adversary | undefined;
  readonly parameters: readonly Float32Array[];
  readonly step: Step;
}

/** Makes a step for each batch, and returns the mean cross entropy of all rows. */
async function trainEpoch(training: Training, epoch: number): Promise<number> {
  const { examples, network, model, opponent, parameters, step, rate, epochs } = training;
  const key = fold(training.key, epoch);
  const parts = batches(examples, training.batch, key);
  let total = 0;
  for (const [i, picked] of parts.entries()) {
    const own = fold(key, i);
    const feeds = { ...labelled(examples, picked, own), ...weightFeeds(network, parameters) };
    const done = (epoch + i / parts.length) / epochs;
    const attack = { key: own, strength: Math.min(1, 2 * done) };
    const attacked = (await opponent?.attack(feeds, attack)) ?? feeds;
    const { loss, gradients } = await lossAndGradients(model, attacked);
    step(parameters, gradients, rate(done));
    total += loss * picked.length;
  }
  return total / examples.labels.length;
}

async function lossAndGradients(model: Model, feeds: Arrays) {
  const out = await model.run(feeds);
  const [loss, ...gradients] = model.outputs.map(({ name }) => floats(out[name].data));
  return { loss: loss[0], gradients };
}
