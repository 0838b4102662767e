import { describe, expect, it } from 'vitest';
import { isOp, OPS, type Op, tables, verify } from '../src/index.js';
import { usesOf } from '../src/scope.js';
import { along, floatInputs, floatOutputs, gradients, type Projected, project } from './derivative.js';
import { sample, scalar } from './samples/make.js';
import { type Sample, samples } from './samples.js';

const DIRECTIONS = [1, 2];

/** Samples that the interpreter's list has no smooth one of. */
const more: Partial<Record<Op, readonly Sample[]>> = {
  Range: [sample('Range', [scalar(1.2), { fixed: scalar(4) }, scalar(0.9)], { note: 'floats' })],
};

/** x / (1 + |x|) at 0 has one derivative only, and differences come near it no faster than their step. */
const isSmooth = (op: Op, { smooth, note }: Sample): boolean =>
  smooth && !(op === 'Softsign' && note === 'at 0');

const hasRule = (op: Op): boolean => typeof tables.gradient[op] === 'function';

const differentiable = (sample: Sample): boolean =>
  floatOutputs(sample.graph).length > 0 && floatInputs(sample.graph).length > 0;

function expectSlopes(
  projected: Projected,
  result: ReturnType<typeof gradients>,
  wrt: readonly string[],
): void {
  wrt.forEach((name, i) => {
    expect(result.values[i].dims, `shape of the gradient by ${name}`).toEqual(projected.feeds[name].dims);
    for (const number of DIRECTIONS) {
      const { measured, claimed, size } = along(projected, name, { gradient: result.values[i], number });
      const gap = Math.abs(measured - claimed) / Math.max(1, size, Math.abs(measured));
      expect(gap, `by ${name}: ${claimed}, by differences ${measured}`).toBeLessThan(1e-6);
    }
  });
}

function checkSample(op: Op, sample: Sample): void {
  const wrt = floatInputs(sample.graph);
  const projected = project(sample.graph, sample.feeds, floatOutputs(sample.graph));
  const first = gradients(projected, wrt);
  verify(first.graph);
  const foreign = first.graph.nodes.filter(({ op, domain }) => !isOp(op, domain));
  expect(foreign, 'nodes outside the canonical form').toEqual([]);
  if (!isSmooth(op, sample)) return;
  expectSlopes(projected, first, wrt);
  const again = project(first.graph, projected.feeds, first.labels);
  const varying = wrt.filter((name) => dependsOn(again, name));
  if (varying.length > 0) expectSlopes(again, gradients(again, varying), varying);
}

/** Linear operators have constant gradients. */
function dependsOn({ graph, of }: Projected, input: string): boolean {
  const reached = new Set([input]);
  for (const node of graph.nodes) {
    if (usesOf(node).some((name) => reached.has(name))) for (const name of node.outputs) reached.add(name);
  }
  return reached.has(of);
}

describe.each(OPS.filter(hasRule))('the rule of %s', (op) => {
  const list = [...samples[op](), ...(more[op] ?? [])].filter(differentiable);

  it('is tried on at least one sample where it is smooth', () => {
    expect(list.filter((one) => isSmooth(op, one)).length).toBeGreaterThan(0);
  });

  it.each(list.map((sample, i) => [`${i} ${sample.note}`, sample] as const))(
    'agrees with differences, once and twice: sample %s',
    (_, one) => checkSample(op, one),
  );
});
