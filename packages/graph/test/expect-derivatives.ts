/** Checks first and second derivatives against central differences. */
import { expect } from 'vitest';
import { isOp, verify } from '../src/index.js';
import { usesOf } from '../src/ir/scope.js';
import {
  directionalDerivative,
  floatInputs,
  floatOutputs,
  gradients,
  type Projected,
  project,
} from './central-differences.js';
import type { Sample } from './samples.js';

const DIRECTIONS = [1, 2];

function expectDirectionalDerivatives(
  projected: Projected,
  result: ReturnType<typeof gradients>,
  wrt: readonly string[],
): void {
  wrt.forEach((name, i) => {
    expect(result.values[i].dims, `shape of the gradient by ${name}`).toEqual(projected.feeds[name].dims);
    for (const number of DIRECTIONS) {
      const { byDifference, byGradient, size } = directionalDerivative(projected, name, {
        gradient: result.values[i],
        number,
      });
      const gap = Math.abs(byDifference - byGradient) / Math.max(1, size, Math.abs(byDifference));
      expect(gap, `by ${name}: ${byGradient}, by differences ${byDifference}`).toBeLessThan(1e-6);
    }
  });
}

/**
 * Checks the gradient of a graph's float outputs by all its float inputs. It must be in canonical form and, if the graph is `smooth` at its
 * feeds, it and its own gradient must agree with central differences.
 */
export function expectDerivatives({ graph, feeds }: Pick<Sample, 'graph' | 'feeds'>, smooth: boolean): void {
  const wrt = floatInputs(graph);
  const projected = project(graph, feeds, floatOutputs(graph));
  const first = gradients(projected, wrt);
  verify(first.graph);
  const foreign = first.graph.nodes.filter(({ op, domain }) => !isOp(op, domain));
  expect(foreign, 'nodes outside the canonical form').toEqual([]);
  if (!smooth) return;
  expectDirectionalDerivatives(projected, first, wrt);
  const again = project(first.graph, projected.feeds, first.names);
  const varying = wrt.filter((name) => dependsOn(again, name));
  if (varying.length > 0) expectDirectionalDerivatives(again, gradients(again, varying), varying);
}

/** Whether the output depends on an input: the gradient of a linear operator does not. */
function dependsOn({ graph, of }: Projected, input: string): boolean {
  const reached = new Set([input]);
  for (const node of graph.nodes) {
    if (usesOf(node).some((name) => reached.has(name))) for (const name of node.outputs) reached.add(name);
  }
  return reached.has(of);
}
