import { builderOf } from '../builder/build.js';
import { valuesLike } from '../builder/value-names.js';
import { freshNames } from '../ir/names.js';
import { substitute, usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';

export interface WithBaseline {
  /** The graph, extended by the same computation from the baseline. */
  readonly graph: Graph;
  /** Returns the name of a value as computed from the baseline: the value itself where it does not depend on `at`. */
  readonly reference: (name: string) => string;
}

/**
 * Duplicates all nodes that depend on `at`, with inputs for the baseline. These come last and are called `baseline`, or `baseline/NAME`
 * each when `at` has several names, with a number where the graph has the name already.
 */
export function withBaseline(graph: Graph, at: readonly string[]): WithBaseline {
  const baselines = valuesLike(builderOf(graph), graph, { label: 'baseline', of: at });
  const inputs = [...graph.inputs, ...baselines];
  const fresh = freshNames({ ...graph, inputs });
  const atBaseline = new Map(at.map((name, i) => [name, baselines[i].name]));
  const reference = (name: string): string => atBaseline.get(name) ?? name;
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    nodes.push(node);
    if (!usesOf(node).some((name) => atBaseline.has(name))) continue;
    for (const name of node.outputs)
      if (name !== '' && !atBaseline.has(name)) atBaseline.set(name, fresh(name));
    const outputs = node.outputs.map((name) => (name === '' || at.includes(name) ? '' : reference(name)));
    if (outputs.every((name) => name === '')) continue;
    nodes.push({ ...substitute(node, reference), name: fresh(node.name), outputs });
  }
  return { graph: { ...graph, inputs, nodes }, reference };
}
