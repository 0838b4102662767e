import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builderOf } from '../src/build.js';
import { attr } from '../src/builder.js';
import { canonicalise } from '../src/canonical/canonicalise.js';
import { type NumArray, numArray } from '../src/eval/array.js';
import { grad } from '../src/grad.js';
import { read } from '../src/onnx/read.js';
import { tables } from '../src/tables/index.js';
import { select } from '../src/transform/select.js';
import type { Graph } from '../src/types.js';
import * as oracle from './oracle.js';

const MODELS = ['mlp_relu_dev', 'lenet_dev', 'bncnn_dev', 'vit_dev'];
const present = existsSync(oracle.folder);
if (!present) console.log('no oracle folder beside the repository: its gradients are not compared');

/** What the case explains: the logits as they stand, of which `grad` selects one, or a selected probability. */
function scored(model: Graph, output: string, of: string): Graph {
  if (of !== 'softmax') return model;
  const selected = select(canonicalise(model), { output, link: 'probability' });
  return { ...selected, outputs: selected.outputs.slice(-1) };
}

/** Mean over the rows of log sum exp z - z_y, with y fed as `target`. */
function crossEntropy(model: Graph, output: string): Graph {
  const scored = select(canonicalise(model), { output, link: 'logit' });
  const score = scored.outputs[scored.outputs.length - 1].name;
  const b = builderOf(scored);
  const total = b.emit('ReduceLogSumExp', [output, b.ints([1])], { keepdims: attr.int(0) });
  const loss = b.emit('ReduceMean', [b.emit('Sub', [total, score])], { keepdims: attr.int(0) });
  return b.build([{ name: loss, ...b.type(loss) }]);
}

const targets = (target: number | readonly number[], rows: number): NumArray =>
  numArray('int64', [rows], typeof target === 'number' ? new Array<number>(rows).fill(target) : target);

describe.skipIf(!present).each(MODELS)('PyTorch on %s', (name) => {
  const { cases, files, tensors } = present ? oracle.load(name) : oracle.nothing;
  const models = files.map((file) => ({
    ...file,
    graph: read(readFileSync(join(oracle.folder, name, file.file))),
  }));
  const of = (...methods: string[]) =>
    models.flatMap((model) =>
      cases
        .filter(({ method }) => methods.includes(method))
        .map((one) => [one.id, model.file, one, model] as const),
    );

  it.each(of('gradient', 'guided_backprop', 'deconvolution'))(
    'has the same %s (%s)',
    async (_, _file, one, model) => {
      const rules = { gradient: 'gradient', guided_backprop: 'guided', deconvolution: 'deconv' } as const;
      const table = tables[rules[one.method as keyof typeof rules]];
      const input = oracle.decode(tensors[one.input]);
      const graph = grad(scored(model.graph, model.output, one.params?.of ?? 'logit'), {
        wrt: model.input.name,
        rules: table,
      });
      const target = targets(one.target ?? 0, input.dims[0]);
      const { gradient } = await oracle.run(graph, { [model.input.name]: input, target });
      oracle.expectClose(gradient, one, 'value');
    },
  );

  it.each(of('cross_entropy_gradient'))('has the same %s (%s)', async (_, _file, one, model) => {
    const input = oracle.decode(tensors[one.input]);
    const graph = grad(crossEntropy(model.graph, model.output), { wrt: model.input.name });
    const result = await oracle.run(graph, {
      [model.input.name]: input,
      target: targets(one.target ?? 0, input.dims[0]),
    });
    oracle.expectClose(result[graph.outputs[0].name], one, 'loss');
    oracle.expectClose(result.gradient, one, 'input_gradient');
  });

  it.each(of('param_gradients'))('has the same %s (%s)', async (_, _file, one, model) => {
    const input = oracle.decode(tensors[one.input]);
    const wrt = Object.keys(one.expected)
      .filter((key) => key.startsWith('param:'))
      .map((key) => key.slice(6));
    const loss = crossEntropy(model.graph, model.output);
    const result = await oracle.run(grad(loss, { wrt }), {
      [model.input.name]: input,
      target: targets(one.params?.labels ?? [], input.dims[0]),
    });
    expect(wrt.length).toBeGreaterThan(0);
    for (const name of wrt) oracle.expectClose(result[`gradient/${name}`], one, `param:${name}`);
  });
});
