import { builderOf } from '../builder/build.js';
import type { Builder } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';
import { valueWithOneRowPerInput } from '../surgery/one-row-per-input.js';
import { selectWithBuilder } from '../surgery/select.js';
import { requireAllRules } from './coverage.js';
import type { Ends } from './path.js';
import { requirePath } from './require-path.js';

/** A graph with one number a row. */
interface Scored {
  readonly graph: Graph;
  /** Continues the graph. */
  readonly builder: Builder;
  /** Name of the number. */
  readonly score: string;
}

/** Makes an output one number a row. An output of several numbers a row gets an input `target`, which picks one of them. */
export function scoreOf(graph: Graph, of: string): Scored {
  if (isScalar(graph, of)) return { graph, builder: builderOf(graph), score: of };
  const { graph: scored, builder } = selectWithBuilder(graph, { output: of });
  return { graph: scored, builder, score: scored.outputs.at(-1)?.name ?? of };
}

/** Whether an output is one number, or one number a row. */
function isScalar(graph: Graph, of: string): boolean {
  const dims = builderOf(graph).dims(of);
  if (dims.length !== 1) return dims.length === 0;
  return (
    valueWithOneRowPerInput(graph, of, (name) =>
      name === of ? dims : builderOf(graph).typeOf(name)?.dims,
    ) === of
  );
}

/** Refuses an output of unknown rank. Where a node before it has no rule, the error names that node instead of the rank. */
export function requireKnownRank(graph: Graph, ends: Ends): void {
  const b = builderOf(graph);
  if (b.typeOf(ends.of)?.dims !== undefined) return;
  requireAllRules(graph, requirePath(graph, ends, b), b);
  b.dims(ends.of);
}
