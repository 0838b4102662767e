import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Case,
  distanceFrom,
  oracleModels,
  pathOf,
  readOracle,
  tensorOf,
} from '../../../test/oracle/oracle.js';
import { grad } from '../src/autodiff/grad.js';
import { builderOf } from '../src/builder/build.js';
import { attr } from '../src/builder/builder.js';
import { canonicalise } from '../src/canonical/canonicalise.js';
import { type NumArray, numArray } from '../src/interpreter/array.js';
import { read } from '../src/io/read.js';
import type { Graph } from '../src/ir/types.js';
import { select } from '../src/surgery/select.js';
import { run } from './session.js';

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

function expectClose({ data }: NumArray, one: Case, key: string): void {
  expect(distanceFrom(one, key, data), key).toBeLessThanOrEqual(1);
}

describe.each(oracleModels)('PyTorch on %s', (name) => {
  const oracle = readOracle(name);
  const models = oracle.files.map((file) => ({
    ...file,
    graph: read(readFileSync(pathOf(name, file.file))),
  }));
  const inputOf = (one: Case): NumArray => {
    const { shape, data } = tensorOf(oracle, one.input);
    return numArray('float32', shape, Float64Array.from(data));
  };
  const of = (...methods: string[]) =>
    models.flatMap((model) =>
      oracle.cases
        .filter(({ method }) => methods.includes(method))
        .map((one) => [one.id, model.file, one, model] as const),
    );

  it.each(of('gradient', 'guided_backprop', 'deconvolution'))(
    'has the same %s (%s)',
    async (_, _file, one, model) => {
      const rules = { gradient: 'gradient', guided_backprop: 'guided', deconvolution: 'deconv' } as const;
      const name = rules[one.method as keyof typeof rules];
      const input = inputOf(one);
      const graph = grad(scored(model.graph, model.output, one.params.of ?? 'logit'), {
        wrt: model.input.name,
        rules: name,
      });
      const target = targets(one.target, input.dims[0]);
      const { gradient } = await run(graph, { [model.input.name]: input, target });
      expectClose(gradient, one, 'value');
    },
  );

  it.each(of('cross_entropy_gradient'))('has the same %s (%s)', async (_, _file, one, model) => {
    const input = inputOf(one);
    const graph = grad(crossEntropy(model.graph, model.output), { wrt: model.input.name });
    const result = await run(graph, {
      [model.input.name]: input,
      target: targets(one.target, input.dims[0]),
    });
    expectClose(result[graph.outputs[0].name], one, 'loss');
    expectClose(result.gradient, one, 'input_gradient');
  });

  it.each(of('param_gradients'))('has the same %s (%s)', async (_, _file, one, model) => {
    const input = inputOf(one);
    const wrt = Object.keys(one.expected)
      .filter((key) => key.startsWith('param:'))
      .map((key) => key.slice(6));
    const loss = crossEntropy(model.graph, model.output);
    const result = await run(grad(loss, { wrt }), {
      [model.input.name]: input,
      target: targets(one.params.labels ?? [], input.dims[0]),
    });
    expect(wrt.length).toBeGreaterThan(0);
    for (const name of wrt) expectClose(result[`gradient/${name}`], one, `param:${name}`);
  });
});
