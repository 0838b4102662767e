/** Gradients of the operators that the canonical form decomposes. */
import { describe, it } from 'vitest';
import { canonicalise, grad, infer, isOp, type NumArray, numbersOf } from '../src/index.js';
import { expectAgreement } from './against-ort.js';
import { type Case, cases, graphOf, nameOf } from './cases.js';
import { floatInputs, floatOutputs, project } from './central-differences.js';
import { expectDerivatives } from './expect-derivatives.js';
import type { Sample } from './samples.js';
import { feedFor } from './session.js';

/** Returns the case in canonical form, with feeds. */
function sampleOf(c: Case): Sample {
  const graph = canonicalise(graphOf(c, (_, __, size) => size));
  const feeds = graph.inputs.map(({ name, dtype, dims }, i): readonly [string, NumArray] => {
    const shape = (dims ?? []).map(Number);
    const { data } = feedFor(dtype, shape, i + 1);
    return [
      name,
      { dtype, dims: shape, data: numbersOf({ dtype, dims: shape, data: data as Float32Array }) },
    ];
  });
  const types = infer(graph);
  const outputs = graph.outputs.map((value) => ({ ...value, ...types.get(value.name) }));
  return {
    graph: { ...graph, outputs },
    feeds: Object.fromEntries(feeds),
    note: nameOf(c),
    smooth: true,
    draws: false,
  };
}

const decomposed = cases.filter(({ op, domain = '' }) => !isOp(op, domain) && domain !== 'ai.onnx.ml');

describe('the decomposition of an operator', () => {
  it.each(decomposed.map((c, i) => [`${i} ${nameOf(c)}`, c] as const))(
    'has the derivatives of central differences, and the same on ONNX Runtime: %s',
    async (_, c) => {
      const one = sampleOf(c);
      expectDerivatives(one, true);
      const { graph, feeds, of } = project(one.graph, one.feeds, floatOutputs(one.graph));
      await expectAgreement({ ...one, graph: grad(graph, { of, wrt: floatInputs(one.graph) }), feeds });
    },
  );
});
