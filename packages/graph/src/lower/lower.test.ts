import { describe, expect, it } from 'vitest';
import { floatInputs, floatOutputs, gradients, project } from '../../test/central-differences.js';
import { loweringChanges } from '../../test/lowering.js';
import { type Sample, samples } from '../../test/samples.js';
import { tables } from '../autodiff/tables/index.js';
import { OPS } from '../ir/ops.js';
import { loweringPasses, loweringTargets } from './lower.js';

const differentiable = ({ graph }: Sample): boolean =>
  floatOutputs(graph).length > 0 && floatInputs(graph).length > 0;

describe.each(OPS.filter((op) => typeof tables.gradient[op] === 'function'))('the gradient of %s', (op) => {
  it('has the same values for every target', () => {
    for (const { graph, feeds } of samples[op]().filter(differentiable)) {
      const projected = project(graph, feeds, floatOutputs(graph));
      const { graph: gradient } = gradients(projected, floatInputs(graph));
      expect(loweringChanges(gradient, projected.feeds)).toBeUndefined();
    }
  });
});

it('every pass belongs to a target', () => {
  const used = new Set<string>(Object.values(loweringTargets).flat());
  expect(Object.keys(loweringPasses).filter((name) => !used.has(name))).toEqual([]);
});

it('any is the plain graph', () => {
  expect(loweringTargets.any).toEqual([]);
});
