/** Gradients checked against differences, once and twice. */
import { expect } from 'vitest';
import { isOp, verify } from '../src/index.js';
import { usesOf } from '../src/ir/scope.js';
import { along, floatInputs, floatOutputs, gradients, type Projected, project } from './derivative.js';
import type { Sample } from './samples.js';

const DIRECTIONS = [1, 2];

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

/**
 * Expects a gradient of a graph's float outputs by all its float inputs that is in canonical form and, if the graph is `smooth` at its
 * feeds, agrees with central differences, itself and its own gradient.
 */
export function expectDerivatives({ graph, feeds }: Pick<Sample, 'graph' | 'feeds'>, smooth: boolean): void {
  const wrt = floatInputs(graph);
  const projected = project(graph, feeds, floatOutputs(graph));
  const first = gradients(projected, wrt);
  verify(first.graph);
  const foreign = first.graph.nodes.filter(({ op, domain }) => !isOp(op, domain));
  expect(foreign, 'nodes outside the canonical form').toEqual([]);
  if (!smooth) return;
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
