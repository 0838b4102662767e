/** The training library of scripts/train. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fold, key, stream } from '@onnxplain/core';
import {
  constantFrom,
  type Graph,
  interpret,
  type NumArray,
  numArray,
  type Value,
  write,
} from '@onnxplain/graph';
import { type Arrays, open } from '@onnxplain/runtime';
import { afterAll, describe, expect, test } from 'vitest';
import { accuracy } from '../scripts/train/accuracy.js';
import { adversary } from '../scripts/train/adversary.js';
import { fileCheckpoint } from '../scripts/train/checkpoint.js';
import {
  augmented,
  batches,
  type Examples,
  mirror,
  pictures,
  shift,
  upper,
} from '../scripts/train/examples.js';
import { labelled, weightFeeds } from '../scripts/train/feeds.js';
import { chain, channelMeans, conv, dense, maxPool, relu, residual } from '../scripts/train/layers.js';
import { crossEntropy, LABEL, lossGradient } from '../scripts/train/loss.js';
import { foldWeights, type Network, network, weightsOf, withWeights } from '../scripts/train/network.js';
import { adam, cosine, movingMean, type Optimiser, sgd } from '../scripts/train/optimisers.js';
import { bilstm, embedding, maxOverWords } from '../scripts/train/recurrent.js';
import { standardisedConv } from '../scripts/train/standardised.js';
import { train } from '../scripts/train/train.js';
import { transferred } from '../scripts/train/transfer.js';

const SIDE = 6;
const input: Value = { name: 'picture', dtype: 'float32', dims: ['N', 1, SIDE, SIDE] };
const output: Value = { name: 'logits', dtype: 'float32', dims: ['N', 3] };

const small = chain([
  conv({ from: 1, to: 4, side: 3 }),
  relu,
  maxPool(2),
  conv({ from: 4, to: 5, side: 3, stride: 2 }),
  relu,
  channelMeans,
  dense({ from: 5, to: 3 }),
]);
const networkOf = (seed: number) => network({ name: 'small', input, layers: small, output }, key(seed));

/** A bright row (class 0), column (class 1) or diagonal (class 2) in noise. */
function lines(count: number, seed: number): Examples {
  const random = stream(key(seed));
  const labels = Array.from({ length: count }, () => random.below(3));
  const pixels = new Float32Array(count * SIDE * SIDE);
  random.fillUniform(pixels, 0, 0.3);
  labels.forEach((label, i) => {
    const at = random.below(SIDE);
    for (let j = 0; j < SIDE; j++) {
      const [y, x] = label === 0 ? [at, j] : label === 1 ? [j, at] : [j, (j + at) % SIDE];
      pixels[i * SIDE * SIDE + y * SIDE + x] += 1;
    }
  });
  return pictures({ input: 'picture', shape: [1, SIDE, SIDE], pixels, labels });
}

const training = (optimiser: Optimiser, rate: number) => ({
  ...{ examples: lines(600, 1), optimiser, rate: cosine(rate), epochs: 8, batch: 20, key: key(3) },
});

describe('a small network learns to tell rows, columns and diagonals', () => {
  test.each([
    ['Adam and the mean of its weights', adam(), 0.02, 0.95],
    ['gradient descent with momentum', sgd({ decay: 1e-4 }), 0.1, undefined],
  ] as const)('by %s', async (_, optimiser, rate, averaging) => {
    const fresh = lines(300, 2);
    const losses: number[] = [];
    const untrained = networkOf(0);
    const trained = await train(untrained, {
      ...training(optimiser, rate),
      averaging,
      report: ({ loss }) => losses.push(loss),
    });
    expect(await accuracy(untrained, fresh, { key: key(0) })).toBeLessThan(0.6);
    expect(await accuracy(trained, fresh, { key: key(0) })).toBeGreaterThan(0.95);
    expect(losses).toHaveLength(8);
    expect(losses[7]).toBeLessThan(losses[0] / 3);
  });

  test('by the same steps each time', async () => {
    const runs = [];
    for (let run = 0; run < 2; run++) {
      const options = { ...training(adam(), 0.02), epochs: 1, threads: 1 };
      runs.push(weightsOf(await train(networkOf(0), options)));
    }
    expect(runs[0]).toEqual(runs[1]);
  });
});

/** Runs a graph of the loss in float64. */
function run(graph: Graph, feeds: Readonly<Record<string, NumArray>>) {
  return Object.fromEntries(Object.entries(interpret(graph, feeds)).map(([name, { data }]) => [name, data]));
}

function feedsOf({ graph, weights }: Network): Record<string, NumArray> {
  const random = stream(key(5));
  const pixels = Float64Array.from({ length: 4 * SIDE * SIDE }, () => random.normal());
  const values = weights.map((name) => {
    const { dims = [] } = graph.constants.get(name) ?? {};
    const length = dims.reduce((product, dim) => product * dim, 1);
    return [
      name,
      numArray(
        'float32',
        dims,
        Float64Array.from({ length }, () => random.normal()),
      ),
    ] as const;
  });
  return {
    ...(graph.inputs[0].name === 'picture' && { picture: numArray('float32', [4, 1, SIDE, SIDE], pixels) }),
    [LABEL]: numArray('int64', [4], Float64Array.of(0, 2, 1, 2)),
    ...Object.fromEntries(values),
  };
}

/** A classifier of sentences of 4 words, of a vocabulary of 6. */
const sentences = chain([
  embedding(
    constantFrom(
      'float32',
      [6, 3],
      Array.from({ length: 18 }, (_, i) => Math.sin(5 * i)),
    ),
  ),
  bilstm({ from: 3, units: 2 }),
  maxOverWords,
  dense({ from: 4, to: 3 }),
]);
const ids: Value = { name: 'ids', dtype: 'int64', dims: ['N', 'words'] };
const sentenceNetwork = network({ name: 'sentences', input: ids, layers: sentences, output }, key(2));
const fourSentences = numArray(
  'int64',
  [4, 4],
  Float64Array.from([1, 2, 3, 4, 0, 5, 5, 1, 2, 2, 0, 3, 4, 1, 0, 0]),
);

/** Convolutions with standardised kernels, around one of which the input goes. */
const standardised = chain([
  standardisedConv({ from: 1, to: 4, side: 4, stride: 2, pad: 1 }),
  relu,
  residual(chain([standardisedConv({ from: 4, to: 4, side: 3 }), relu])),
  channelMeans,
  dense({ from: 4, to: 3 }),
]);
const standardisedNetwork = network({ name: 'standardised', input, layers: standardised, output }, key(1));

test.each([
  ['convolutions', networkOf(1), {}],
  ['standardised kernels', standardisedNetwork, {}],
  ['an LSTM in both directions', sentenceNetwork, { ids: fourSentences }],
] as const)('the gradient of the loss by each weight is its central difference: %s', (_, net, inputs) => {
  const feeds: Record<string, NumArray> = { ...feedsOf(net), ...inputs };
  const loss = crossEntropy(net);
  const lossAt = (of: typeof feeds) => Number(run(loss, of)[loss.outputs[0].name][0]);
  const gradients = run(lossGradient(net, net.weights), feeds);
  const step = 1e-6;
  for (const name of net.weights) {
    const { dims, data } = feeds[name];
    const found = gradients[`gradient/${name}`];
    expect(found).toHaveLength(data.length);
    for (let i = 0; i < data.length; i += 3) {
      const at = (change: number) =>
        lossAt({
          ...feeds,
          [name]: numArray(
            'float32',
            dims,
            Float64Array.from(data, (v, j) => Number(v) + (j === i ? change : 0)),
          ),
        });
      expect(found[i]).toBeCloseTo((at(step) - at(-step)) / (2 * step), 6);
    }
  }
});

test('standardised kernels of an output channel have mean 0 and variance 2 / (number of elements), times the square of the factor', () => {
  const values = weightsOf(standardisedNetwork);
  const of = (name: string) => values[standardisedNetwork.weights.indexOf(name)];
  const random = stream(key(4));
  of('0.weight').forEach((_, i, all) => {
    all[i] = 3 + random.normal();
  });
  of('0.gain').set([0, 1, -0.5, -1]);
  const network = withWeights(standardisedNetwork, values);
  const graph = foldWeights(network);
  expect(graph.nodes.map(({ op }) => op)).toEqual([
    'Conv',
    'Relu',
    'Conv',
    'Relu',
    'Add',
    'GlobalAveragePool',
    'Flatten',
    'Gemm',
  ]);
  const kernels = graph.constants.get(graph.nodes[0].inputs[1])?.data as Float32Array;
  [1, 2, 0.5, 0].forEach((factor, channel) => {
    const kernel = [...kernels.subarray(16 * channel, 16 * (channel + 1))];
    const mean = kernel.reduce((sum, each) => sum + each, 0) / 16;
    const variance = kernel.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 16;
    expect(mean).toBeCloseTo(0, 6);
    expect(variance).toBeCloseTo((factor ** 2 * 2) / 16, 5);
  });
  const { picture } = feedsOf(network);
  const [before, after] = [network.graph, graph].map((each) => run(each, { picture }).logits);
  before.forEach((logit, i) => {
    expect(after[i]).toBeCloseTo(Number(logit), 5);
  });
});

test('a transferred network gives the logits that the trained one gives for the chosen classes, and all of its weights are trained', () => {
  const trained = foldWeights(standardisedNetwork);
  const wanted: Value = { ...output, dims: ['N', 2] };
  const found = transferred(trained, { input, output: wanted, classes: [2, 0] });
  const { picture } = feedsOf(standardisedNetwork);
  const [before, after] = [trained, found.graph].map((each) => run(each, { picture }).logits);
  const chosen = [0, 1, 2, 3].flatMap((row) => [before[3 * row + 2], before[3 * row]]);
  expect([...after]).toEqual(chosen);
  expect(weightsOf(found).map(({ length }) => length)).toEqual([4 * 16, 4, 4 * 36, 4, 4 * 2, 2]);
});

test('a smoothed loss is the cross entropy of labels that share out a part of their probability to all classes', () => {
  const net = networkOf(1);
  const feeds = feedsOf(net);
  const lossAt = (graph: Graph, label: readonly number[]) => {
    const labels = numArray('int64', [4], Float64Array.from(label));
    return Number(run(graph, { ...feeds, [LABEL]: labels })[graph.outputs[0].name][0]);
  };
  const plain = crossEntropy(net);
  const own = [0, 2, 1, 2];
  const shared = [0, 1, 2].map((label) =>
    lossAt(
      plain,
      own.map(() => label),
    ),
  );
  const expected = 0.75 * lossAt(plain, own) + (0.25 / 3) * shared.reduce((sum, each) => sum + each, 0);
  expect(lossAt(crossEntropy(net, { smoothing: 0.25 }), own)).toBeCloseTo(expected, 10);
});

test('the loss is the mean of -log softmax at the labels', () => {
  const net = networkOf(1);
  const { picture, ...feeds } = feedsOf(net);
  const values = net.weights.map((name) => Float32Array.from(feeds[name].data, Number));
  const { logits } = run(withWeights(net, values).graph, { picture });
  const losses = [0, 2, 1, 2].map((label, row) => {
    const scores = [0, 1, 2].map((k) => Number(logits[3 * row + k]));
    return Math.log(scores.reduce((sum, z) => sum + Math.exp(z), 0)) - scores[label];
  });
  const loss = crossEntropy(net);
  const rounded = net.weights.map(
    (name, i) => [name, numArray('float32', feeds[name].dims, Float64Array.from(values[i]))] as const,
  );
  const found = run(loss, { ...feeds, picture, ...Object.fromEntries(rounded) });
  const mean = losses.reduce((sum, each) => sum + each, 0) / 4;
  expect(found[loss.outputs[0].name][0]).toBeCloseTo(mean, 10);
});

const gradientsOfStep = (t: number) => [Float32Array.of(1 + t, -2, 0.1 * t), Float32Array.of(3 - t)];

test('Adam makes the steps of Algorithm 1, with corrected moments written out', () => {
  const parameters = [Float32Array.of(1, 2, 3), Float32Array.of(4)];
  const expected = parameters.map((p) => [...p]);
  const moments = parameters.map((p) => Array.from(p, () => [0, 0]));
  const step = adam()([3, 1]);
  for (let t = 1; t <= 5; t++) {
    const gradients = gradientsOfStep(t);
    step(parameters, gradients, 0.1);
    expected.forEach((p, k) => {
      p.forEach((_, i) => {
        const g = gradients[k][i];
        const [m, v] = [0.9 * moments[k][i][0] + 0.1 * g, 0.999 * moments[k][i][1] + 0.001 * g * g];
        moments[k][i] = [m, v];
        p[i] -= (0.1 * m) / (1 - 0.9 ** t) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
      });
    });
  }
  parameters.forEach((p, k) => {
    for (let i = 0; i < p.length; i++) expect(p[i]).toBeCloseTo(expected[k][i], 5);
  });
});

test('gradient descent adds up decayed gradients, each damped by the momentum of the steps since', () => {
  const parameters = [Float32Array.of(1, 2, 3), Float32Array.of(4)];
  const step = sgd({ momentum: 0.5, decay: 0.1 })([3, 1]);
  const used: number[] = [];
  let expected = 4;
  for (let t = 1; t <= 5; t++) {
    used.push(3 - t + 0.1 * expected);
    step(parameters, gradientsOfStep(t), 0.2);
    expected -= 0.2 * used.reduce((sum, g, s) => sum + 0.5 ** (t - 1 - s) * g, 0);
    expect(parameters[1][0]).toBeCloseTo(expected, 5);
  }
});

test('the rate rises to its highest, then falls to zero', () => {
  const rate = cosine(0.4, { warmup: 0.2 });
  const expected = [0, 0.2, 0.4, 0.2, 0];
  [0, 0.1, 0.2, 0.6, 1].forEach((done, i) => {
    expect(rate(done)).toBeCloseTo(expected[i], 12);
  });
});

test('the moving mean of weights that stay is these weights, and a change enters it with 1 - decay', () => {
  const weights = [Float32Array.of(1, -2)];
  const { means, update } = movingMean(weights, 0.75);
  for (let i = 0; i < 200; i++) update();
  expect(means[0]).toEqual(Float32Array.of(1, -2));
  weights[0].set([5, 0]);
  update();
  expect(means[0]).toEqual(Float32Array.of(2, -1.5));
});

test('batches have every example once, and none has examples of two groups', () => {
  const labels = Array.from({ length: 101 }, (_, i) => i);
  const groups = labels.map((i) => i % 3);
  const of = batches({ labels, groups, feeds: () => ({}) }, 8, key(1));
  expect(of.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual(labels);
  for (const batch of of) expect(new Set(Array.from(batch, (i) => groups[i])).size).toBe(1);
  expect(Math.max(...of.map(({ length }) => length))).toBe(8);
});

test('a shifted picture is the picture moved by one offset, zeros where pixels come in', () => {
  const [channels, height, width] = [2, 3, 4];
  const pixels = Float32Array.from({ length: channels * height * width }, (_, i) => i + 1);
  const one = pictures({ input: 'x', shape: [channels, height, width], pixels, labels: [0] });
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const data = augmented(one, shift(1)).feeds(Uint32Array.of(0), fold(key(2), i)).x.data;
    const offsets = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx] as const));
    const match = offsets.find(([dy, dx]) =>
      pixels.every((_, at) => {
        const [c, y, x] = [Math.floor(at / 12), Math.floor(at / 4) % 3, at % 4];
        const [fromY, fromX] = [y - dy, x - dx];
        const inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
        return data[at] === (inside ? pixels[c * 12 + fromY * 4 + fromX] : 0);
      }),
    );
    expect(match).toBeDefined();
    seen.add(String(match));
  }
  expect(seen.size).toBe(9);
});

test('mirrored pictures have their upper square reversed in about half of the cases, and the rest as it was', () => {
  const pixels = Float32Array.from({ length: 2 * 5 * 3 }, (_, i) => i);
  const one = pictures({ input: 'x', shape: [2, 5, 3], pixels, labels: [0] });
  const turned = pixels.map((_, i) => (i % 15 < 9 ? pixels[i - (i % 3) + 2 - (i % 3)] : i));
  let count = 0;
  for (let i = 0; i < 100; i++) {
    const data = augmented(one, upper(mirror)).feeds(Uint32Array.of(0), fold(key(6), i)).x.data;
    if (data[0] === 2) count += 1;
    expect(data).toEqual(data[0] === 2 ? turned : pixels);
  }
  expect(Math.abs(count - 50)).toBeLessThanOrEqual(20);
});

test('two changes of a picture are drawn independently of each other', () => {
  const pixels = Float32Array.from({ length: 9 }, (_, i) => i + 1);
  const one = pictures({ input: 'x', shape: [1, 3, 3], pixels, labels: [0] });
  const both = augmented(augmented(one, mirror), shift(1));
  const seen = new Set<string>();
  for (let i = 0; i < 300; i++) seen.add(String(both.feeds(Uint32Array.of(0), fold(key(9), i)).x.data));
  expect(seen.size).toBe(2 * 9);
});

test('pictures of bytes are multiplied by their scale', () => {
  const pixels = Uint8Array.of(0, 51, 102, 255);
  const { feeds } = pictures({ input: 'x', shape: [1, 1, 2], pixels, scale: 1 / 255, labels: [0, 1] });
  expect(feeds(Uint32Array.of(1, 0), key(0)).x.data).toEqual(Float32Array.of(0.4, 1, 0, 0.2));
});

describe('a checkpoint', () => {
  const root = mkdtempSync(join(tmpdir(), 'onnxplain-training-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const options = { ...training(sgd({ decay: 1e-4 }), 0.1), epochs: 3, averaging: 0.9, threads: 1 };

  test('lets an interrupted training end with the weights of a whole one', async () => {
    const whole = await train(networkOf(0), options);
    const path = join(root, 'interrupted');
    const stopped = train(networkOf(0), {
      ...options,
      checkpoint: fileCheckpoint(path, 'lines'),
      report: ({ epoch }) => {
        if (epoch === 2) throw new Error('interrupted');
      },
    });
    await expect(stopped).rejects.toThrow('interrupted');
    const epochs: number[] = [];
    const ended = await train(networkOf(0), {
      ...options,
      checkpoint: fileCheckpoint(path, 'lines'),
      report: ({ epoch }) => epochs.push(epoch),
    });
    expect(epochs).toEqual([3]);
    expect(weightsOf(ended)).toEqual(weightsOf(whole));
  });

  test('of another training, and of an optimiser that does not give its state, is refused', async () => {
    const path = join(root, 'other');
    fileCheckpoint(path, 'train one').save({ epochs: 1, seconds: 2, arrays: [] });
    expect(() => fileCheckpoint(path, 'train two')).toThrow(/"train two".*"train one"/);
    const checkpoint = fileCheckpoint(join(root, 'adam'), 'adam');
    await expect(train(networkOf(0), { ...options, optimiser: adam(), checkpoint })).rejects.toThrow(
      /optimiser whose state can be kept.*--checkpoint/,
    );
  });
});

describe('the adversary', () => {
  const options = { radius: 0.2, steps: 6, step: 0.05, bounds: [0, 1] as const };
  const examples = lines(40, 8);
  const picked = Uint32Array.from({ length: 40 }, (_, i) => i);

  test.each([1, 0.5])(
    'stays in the box and in the ball of strength %f, and raises the loss at a trained network',
    async (strength) => {
      const trained = await train(networkOf(0), training(adam(), 0.02));
      const feeds = { ...labelled(examples, picked, key(0)), ...weightFeeds(trained, weightsOf(trained)) };
      await using opponent = await adversary(trained, options);
      const attacked = await opponent.attack(feeds, { key: key(1), strength });
      const [from, to] = [feeds, attacked].map(({ picture }) => picture.data as Float32Array);
      let greatest = 0;
      to.forEach((value, i) => {
        greatest = Math.max(greatest, Math.abs(value - from[i]));
        // Noise on a line goes above 1: the box then cuts it.
        expect(value).toBeLessThanOrEqual(1);
        expect(value).toBeGreaterThanOrEqual(0);
      });
      await using loss = await open(write(crossEntropy(trained)));
      const [before, after] = await Promise.all(
        [feeds, attacked].map(async (each) => lossOf(await loss.run(each))),
      );
      expect(after).toBeGreaterThan(2 * before);
      expect(greatest).toBeGreaterThan(0.9 * strength * options.radius);
    },
  );

  test('is what training learns to withstand', async () => {
    const fresh = lines(300, 9);
    const options = { radius: 0.25, steps: 4, step: 0.1, bounds: [0, 1.3] as const };
    const shares = [];
    for (const used of [undefined, options]) {
      const trained = await train(networkOf(0), { ...training(adam(), 0.02), adversary: used });
      shares.push(await accuracy(trained, fresh, { key: key(0), adversary: options }));
    }
    expect(shares[1]).toBeGreaterThan(shares[0] + 0.1);
  });
});

const lossOf = (out: Arrays): number => Number(Object.values(out)[0].data[0]);
