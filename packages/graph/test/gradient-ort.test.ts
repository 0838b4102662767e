import { describe, expect, it } from 'vitest';
import { grad, infer, OPS, type Op, tables } from '../src/index.js';
import { isFloat } from '../src/infer/site.js';
import { expectAgreement } from './against-ort.js';
import { floatInputs, project } from './derivative.js';
import { type Sample, samples } from './samples.js';

function floatOutputs({ graph }: Sample): string[] {
  const types = infer(graph);
  return graph.outputs.flatMap(({ name }) => (isFloat(types.get(name)?.dtype ?? 'bool') ? [name] : []));
}

/** The first smooth samples of each operator, gradient graphs of all their inputs. */
const chosen = (op: Op): readonly Sample[] =>
  samples[op]()
    .filter((one) => one.smooth && floatInputs(one.graph).length > 0 && floatOutputs(one).length > 0)
    .filter(({ feeds }) => Object.values(feeds).every(({ data }) => data.length > 0))
    .slice(0, 3);

function gradientSample(one: Sample): Sample {
  const { graph, feeds, of } = project(one.graph, one.feeds, floatOutputs(one));
  return { ...one, graph: grad(graph, { of, wrt: floatInputs(one.graph) }), feeds };
}

const ruled = OPS.filter((op) => typeof tables.gradient[op] === 'function' && chosen(op).length > 0);

describe('gradient graphs on ONNX Runtime', () => {
  it('exist for most operators', () => {
    expect(ruled.length).toBeGreaterThan(90);
  });

  it.each(ruled)('give what the interpreter gives: %s', async (op) => {
    for (const one of chosen(op)) await expectAgreement(gradientSample(one));
  });
});
