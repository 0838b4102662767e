import { fail } from '@onnxplain/core';
import type { Builder } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';
import { requireRules } from './coverage.js';
import { type Ends, type Path, pathOf } from './path.js';

/** The way between the ends; throws where there is none (`no-gradient`), or one without rules. */
export function requirePath(graph: Graph, ends: Ends, b: Builder): Path {
  const path = pathOf(graph, ends, b);
  requireDependence(path, ends);
  requireRules(graph, path);
  return path;
}

function requireDependence({ apart }: Path, { of, wrt }: Ends): void {
  if (apart.length === 0) return;
  fail({
    code: 'no-gradient',
    where: `output "${of}"`,
    expected: `to depend on ${wrt.join(', ')}`,
    got: `nothing of ${apart.join(', ')} in it`,
    remedy: 'Choose another output or another value to differentiate by.',
  });
}
