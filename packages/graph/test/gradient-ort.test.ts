import { describe, expect, it } from 'vitest';
import { grad, OPS, type Op, tables } from '../src/index.js';
import { expectAgreement } from './against-ort.js';
import { floatInputs, floatOutputs, project } from './central-differences.js';
import { type Sample, samples } from './samples.js';

/** The first smooth samples of each operator, gradient graphs of all their inputs. */
const chosen = (op: Op): readonly Sample[] =>
  samples[op]()
    .filter((one) => one.smooth && floatInputs(one.graph).length > 0 && floatOutputs(one.graph).length > 0)
    .filter(({ feeds }) => Object.values(feeds).every(({ data }) => data.length > 0))
    .slice(0, 3);

function gradientSample(one: Sample): Sample {
  const { graph, feeds, of } = project(one.graph, one.feeds, floatOutputs(one.graph));
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
