/**
 * Trains models/mnist-cnn.onnx in Node with the project's own gradient graphs: cross entropy differentiated with respect to the
 * weights by `grad`, run by ONNX Runtime, stepped by Adam. Prints a log line per epoch; the last line is the accuracy on the
 * official 10 000 test digits, which training never sees.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fold, type Key, key, stream } from '@onnxplain/core';
import { attr, type Builder, builderOf, type Graph, grad, type Value, write } from '@onnxplain/graph';
import { type Model, open } from '@onnxplain/runtime';
import { adam } from './adam.js';
import { type Digits, imageRows, packagedDigits, readDigits } from './idx.js';

const { values: given } = parseArgs({
  options: {
    data: { type: 'string', default: packagedDigits() },
    out: { type: 'string', default: join(import.meta.dirname, '../models/mnist-cnn.onnx') },
    epochs: { type: 'string', default: '3' },
    batch: { type: 'string', default: '100' },
    rate: { type: 'string', default: '0.002' },
    seed: { type: 'string', default: '0' },
  },
});
const [epochs, batch, rate, seed] = [given.epochs, given.batch, given.rate, given.seed].map(Number);
const OPSET = 18;
const PIXELS = 784;

/** The two convolutions of the digits network of [Y19], a smaller dense layer. Weights by name; fan-in decides the initial spread (He et al. 2015). */
const weights: Readonly<Record<string, { dims: readonly number[]; fanIn: number }>> = {
  'conv1.weight': { dims: [32, 1, 5, 5], fanIn: 25 },
  'conv1.bias': { dims: [32], fanIn: Infinity },
  'conv2.weight': { dims: [64, 32, 5, 5], fanIn: 800 },
  'conv2.bias': { dims: [64], fanIn: Infinity },
  'dense1.weight': { dims: [3136, 128], fanIn: 3136 },
  'dense1.bias': { dims: [128], fanIn: Infinity },
  'dense2.weight': { dims: [128, 10], fanIn: 128 },
  'dense2.bias': { dims: [10], fanIn: Infinity },
};
const names = Object.keys(weights);
const image: Value = { name: 'image', dtype: 'float32', dims: ['N', 1, 28, 28] };
const label: Value = { name: 'label', dtype: 'int64', dims: ['N'] };

function emptyGraph(inputs: readonly Value[]): Graph {
  const empty = { outputs: [], nodes: [], metadata: {}, functions: [] };
  return {
    name: 'mnist-cnn',
    opsets: { '': OPSET },
    inputs,
    constants: new Map(),
    declared: new Map(),
    ...empty,
  };
}

/** Logits of a batch of images; weights are values named as above. */
function network(b: Builder): string {
  const conv = (x: string, layer: string) => {
    const pads = attr.ints([2, 2, 2, 2]);
    const z = b.emit('Conv', [x, `${layer}.weight`, `${layer}.bias`], {
      kernel_shape: attr.ints([5, 5]),
      pads,
    });
    return b.emit('MaxPool', [b.emit('Relu', [z])], {
      kernel_shape: attr.ints([2, 2]),
      strides: attr.ints([2, 2]),
    });
  };
  const flat = b.emit('Flatten', [conv(conv('image', 'conv1'), 'conv2')]);
  const hidden = b.emit('Relu', [b.emit('Gemm', [flat, 'dense1.weight', 'dense1.bias'])]);
  return b.emit('Gemm', [hidden, 'dense2.weight', 'dense2.bias']);
}

/** image, label and weights in; cross entropy of each row and the gradient of their sum for each weight out. */
function trainingGraph(): Graph {
  const parameters = names.map((name): Value => ({ name, dtype: 'float32', dims: weights[name].dims }));
  const b = builderOf(emptyGraph([image, label, ...parameters]));
  const logProbability = b.emit('LogSoftmax', [network(b)], { axis: attr.int(1) });
  const index = b.emit('Unsqueeze', ['label', b.ints([1])]);
  const picked = b.emit('GatherElements', [logProbability, index], { axis: attr.int(1) });
  const loss = b.emit('Neg', [b.emit('Squeeze', [picked, b.ints([1])])]);
  const graph = b.build([{ name: loss, dtype: 'float32', dims: ['N'] }]);
  return grad(graph, { of: loss, wrt: names });
}

/** Makes the shipped model, from image to logits. */
function shippedGraph(parameters: readonly Float32Array[]): Graph {
  const constants = new Map(
    names.map((name, i) => [
      name,
      { dtype: 'float32', dims: weights[name].dims, data: parameters[i] } as const,
    ]),
  );
  const b = builderOf({ ...emptyGraph([image]), constants });
  const inner = network(b);
  const graph = b.build([{ name: inner, dtype: 'float32', dims: ['N', 10] }]);
  const rename = (name: string) => (name === inner ? 'logits' : name);
  return {
    ...graph,
    outputs: graph.outputs.map((output) => ({ ...output, name: rename(output.name) })),
    nodes: graph.nodes.map((node) => ({ ...node, outputs: node.outputs.map(rename) })),
  };
}

function initial(base: Key): Float32Array[] {
  return names.map((name, i) => {
    const { dims, fanIn } = weights[name];
    const random = stream(fold(base, i));
    const spread = Math.sqrt(2 / fanIn);
    const size = dims.reduce((product, dim) => product * dim, 1);
    return Float32Array.from({ length: size }, () => spread * random.normal());
  });
}

/** Returns a random permutation of 0..n-1 (Fisher-Yates). */
function shuffled(n: number, base: Key): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const random = stream(base);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The learning rate falls from `rate` to 0 along half a cosine. */
const rateAt = (step: number, steps: number) => (rate * (1 + Math.cos((Math.PI * step) / steps))) / 2;

interface Training {
  readonly model: Model;
  readonly data: Digits;
  readonly parameters: Float32Array[];
}

/** Computes the gradient of the mean cross entropy of the rows `picked`. */
async function gradientsOf({ model, data, parameters }: Training, picked: Uint32Array) {
  const images = new Float32Array(picked.length * PIXELS);
  picked.forEach((index, row) => {
    images.set(imageRows(data, index, index + 1), row * PIXELS);
  });
  const labels = BigInt64Array.from(picked, (index) => BigInt(data.labels[index]));
  const feeds = {
    image: { dtype: 'float32', dims: [picked.length, 1, 28, 28], data: images } as const,
    label: { dtype: 'int64', dims: [picked.length], data: labels } as const,
    ...Object.fromEntries(
      names.map((name, i) => [
        name,
        { dtype: 'float32', dims: weights[name].dims, data: parameters[i] } as const,
      ]),
    ),
  };
  const out = await model.run(feeds);
  const [loss, ...gradients] = model.outputs.map(({ name }) => floats(out[name].data));
  for (const g of gradients) for (let i = 0; i < g.length; i++) g[i] /= picked.length;
  return { loss: loss.reduce((sum, value) => sum + value, 0), gradients };
}

function floats(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError('the training graph gives float32 outputs');
}

async function train(data: Digits): Promise<Float32Array[]> {
  await using model = await open(write(trainingGraph()));
  const parameters = initial(fold(key(seed), 'weights'));
  const step = adam(parameters.map((p) => p.length));
  const perEpoch = Math.floor(data.count / batch);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(data.count, fold(fold(key(seed), 'order'), epoch));
    let total = 0;
    for (let i = 0; i < perEpoch; i++) {
      const picked = order.subarray(i * batch, (i + 1) * batch);
      const { loss, gradients } = await gradientsOf({ model, data, parameters }, picked);
      step(parameters, gradients, rateAt(epoch * perEpoch + i, epochs * perEpoch));
      total += loss;
    }
    const seconds = Math.round(performance.now() / 1000);
    console.log(
      `epoch ${epoch + 1}: mean cross entropy ${(total / (perEpoch * batch)).toFixed(4)}, ${seconds} s`,
    );
  }
  return parameters;
}

/** Returns the share of digits whose largest logit is that of the label. */
async function accuracy(file: Uint8Array, data: Digits): Promise<number> {
  await using model = await open(file);
  let right = 0;
  for (let from = 0; from < data.count; from += 500) {
    const to = Math.min(data.count, from + 500);
    const feed = { dtype: 'float32', dims: [to - from, 1, 28, 28], data: imageRows(data, from, to) } as const;
    const logits = floats((await model.run({ image: feed }))[model.outputs[0].name].data);
    for (let row = from; row < to; row++) {
      const scores = logits.subarray((row - from) * 10, (row - from + 1) * 10);
      if (scores.indexOf(Math.max(...scores)) === data.labels[row]) right += 1;
    }
  }
  return right / data.count;
}

const file = write(shippedGraph(await train(readDigits(given.data, 'train'))));
writeFileSync(given.out, file);
const share = await accuracy(file, readDigits(given.data, 't10k'));
console.log(
  `${given.out}: ${file.length} bytes, ${(100 * share).toFixed(2)} % of the 10 000 test digits right`,
);
