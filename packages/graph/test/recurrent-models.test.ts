import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { builderOf } from '../src/builder/build.js';
import { attr, canonicalise, type Graph, grad, prune, read, verify } from '../src/index.js';
import { type Feeds, feedFor, runGraph } from './session.js';

const folder = join(import.meta.dirname, '../../../../shared/data/models');
const present = existsSync(folder);
if (!present)
  console.log('no models beside the repository: gradients of trained recurrent ones are not checked');

interface Trained {
  readonly file: string;
  readonly input: ort.Tensor;
  /** Makes the floats to differentiate by from the input; absent where the input is floats. */
  readonly embedding?: string;
}

const TRAINED: readonly Trained[] = [
  { file: 'bilstm-clinc150-glove100.onnx', input: feedFor('float32', [2, 12, 100]) },
  { file: 'bilstm-byte-sentence-boundary.onnx', input: feedFor('uint8', [2, 30]), embedding: 'Gather' },
];

/** The sum over each row of the sines of the first output: a smooth score. */
function scored(model: Graph): Graph {
  const [{ name, dims }] = model.outputs;
  const b = builderOf(model);
  const axes = b.ints((dims ?? []).map((_, axis) => axis).slice(1));
  const score = b.emit('ReduceSum', [b.emit('Sin', [name]), axes], { keepdims: attr.int(0) });
  return b.build([{ name: score, ...b.type(score) }]);
}

/** The graph from an inner value on, which becomes an input. */
function from(graph: Graph, name: string): Graph {
  const type = builderOf(graph).type(name);
  const nodes = graph.nodes.filter(({ outputs }) => !outputs.includes(name));
  return prune({ ...graph, nodes, inputs: [...graph.inputs, { name, ...type }] });
}

const total = (score: ort.Tensor): number => (score.data as Float32Array).reduce((sum, v) => sum + v, 0);

describe.skipIf(!present)('the gradient of a trained recurrent model', () => {
  it.each(TRAINED.map((one) => [one.file, one] as const))('is the slope of %s', async (_, trained) => {
    const graph = scored(canonicalise(read(readFileSync(join(folder, trained.file)))));
    const [source] = graph.inputs;
    const made = graph.nodes.find(({ op }) => op === trained.embedding)?.outputs[0];
    const wrt = made ?? source.name;
    const gradientGraph = grad(graph, { wrt });
    verify(gradientGraph);
    const feeds: Feeds = { [source.name]: trained.input };
    const { gradient } = await runGraph(gradientGraph, feeds);
    const start = made === undefined ? trained.input : await inner(graph, feeds, made);
    const rest = made === undefined ? graph : from(graph, made);
    const norm = Math.hypot(...(gradient.data as Float32Array));
    for (const number of [1, 2, 3]) {
      const v = direction(start.data.length, number);
      const claimed = v.reduce((sum, d, i) => sum + d * Number(gradient.data[i]), 0);
      const h = 0.01;
      const f = async (sign: number) => {
        const x = Float32Array.from(v, (d, i) => Number(start.data[i]) + sign * h * d);
        const results = await runGraph(rest, { ...feeds, [wrt]: new ort.Tensor('float32', x, start.dims) });
        return total(results[graph.outputs[0].name]);
      };
      const measured = ((await f(1)) - (await f(-1))) / (2 * h);
      expect(Math.abs(measured - claimed) / norm).toBeLessThan(2e-4);
    }
  });
});

const inner = async (graph: Graph, feeds: Feeds, name: string): Promise<ort.Tensor> => {
  const outputs = [{ name, ...builderOf(graph).type(name) }];
  return (await runGraph(prune({ ...graph, outputs }), feeds))[name];
};

/** A unit vector that looks random. */
function direction(size: number, number: number): Float64Array {
  const v = Float64Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 12.9898 * number));
  const norm = Math.hypot(...v);
  return v.map((x) => x / norm);
}
