import { fail } from '@onnxplain/core';
import type { Builder } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';
import { requireRules } from './coverage.js';
import { type Ends, type Path, pathOf } from './path.js';

/** The path between two ends. Throws `no-gradient` where there is none, and for a node on it without a rule. */
export function requirePath(graph: Graph, ends: Ends, b: Builder): Path {
  const path = pathOf(graph, ends, b);
  requireDependence(path, ends);
  requireRules(graph, path);
  return path;
}

function requireDependence({ independent }: Path, { of, wrt }: Ends): void {
  if (independent.length === 0) return;
  fail({
    code: 'no-gradient',
    where: `output "${of}"`,
    expected: `to depend on ${wrt.join(', ')}`,
    got: `nothing of ${independent.join(', ')} in it`,
    remedy: 'Choose another output or another value to differentiate by.',
  });
}
