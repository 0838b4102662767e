import { fail } from '@onnxplain/core';
import { type Ask, lower, question } from './ask.js';
import { builderOf } from './build.js';
import { requireRules } from './coverage.js';
import { namer, namesIn } from './names.js';
import { type Ends, type Path, pathOf } from './path.js';
import { pullback } from './pullback.js';
import { calculus } from './rules/calculus.js';
import { tables } from './rules/index.js';
import { prune } from './transform/prune.js';
import { select } from './transform/select.js';
import { shareCommon } from './transform/share-common.js';
import type { Graph, Node, Value } from './types.js';

export interface GradOptions extends Ask {
  /** Outputs to keep beside the gradient; `score` is the selected one. Default: `of`. */
  readonly keep?: readonly string[];
}

/**
 * The graph that computes d of / d wrt: the original inputs, the outputs in `keep`, and `gradient` with the shape of wrt
 * (`gradient/NAME` each when wrt has several names). It is an ordinary graph, so it can be differentiated again.
 *
 * Rows of `of` are taken to be independent: with one number a row ([N]), or one in all, each row's gradient is its own. Any other
 * output gets an input `target` (int64, [N]) that picks the entry of each row to differentiate (`select`). A
 * constant's gradient is summed over the rows. Names that the graph has already are numbered.
 *
 * Throws `op-unknown` or `op-no-gradient` for a node on the way without a rule (`coverage` lists them beforehand),
 * `no-gradient` when `of` does not depend on wrt, `output-unclear`, `value-unknown`, `type-mismatch` for what cannot be asked.
 */
export function grad(graph: Graph, options: GradOptions = {}): Graph {
  const { graph: source, ends, lifted } = question(graph, options);
  const selected = isScalar(source, ends.of) ? source : select(source, { output: ends.of, link: 'logit' });
  const score = selected === source ? ends.of : (selected.outputs.at(-1)?.name ?? ends.of);
  const path = pathOf(selected, { ...ends, of: score });
  requireDependence(path, ends);
  requireRules(selected, path);
  const b = calculus(builderOf(selected));
  const cotangents = pullback(b, path, new Map([[score, b.ones(score)]]));
  const gradients = ends.wrt.map((name) => cotangents.get(name) ?? b.zeros(name));
  const labels = labelsOf(selected, ends.wrt);
  const kept = (options.keep ?? [ends.of]).map((name) => output(selected, name));
  const outputs = labels.map((name, i): Value => ({ name, ...b.type(ends.wrt[i]) }));
  const built = b.build([...kept, ...outputs], selected.inputs);
  const named = {
    ...built,
    nodes: [...built.nodes, ...labels.map((name, i) => identity(gradients[i], name))],
  };
  return { ...prune(shareCommon(lower(named, lifted))), metadata: { ...graph.metadata, ...record(ends) } };
}

function isScalar(graph: Graph, of: string): boolean {
  const dims = graph.outputs.find(({ name }) => name === of)?.dims ?? builderOf(graph).dims(of);
  return dims.length <= 1;
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

function output(graph: Graph, name: string): Value {
  const found = graph.outputs.find((value) => value.name === name);
  if (found !== undefined) return found;
  const names = graph.outputs.map((value) => value.name).join(', ');
  return fail({
    code: 'value-unknown',
    where: 'grad, option `keep`',
    expected: `outputs: ${names}`,
    got: `"${name}"`,
  });
}

const identity = (from: string, to: string): Node => ({
  op: 'Identity',
  domain: '',
  name: to,
  inputs: [from],
  outputs: [to],
  attributes: {},
});

/** Names of the gradients, numbered where the graph has them already. */
function labelsOf(graph: Graph, wrt: readonly string[]): readonly string[] {
  const used = namesIn(graph);
  const fresh = namer(used);
  const wished = wrt.length === 1 ? ['gradient'] : wrt.map((name) => `gradient/${name}`);
  return wished.map((name) => (used.has(name) ? fresh(name) : name));
}

/** What the result says of how it was made. */
function record({ of, wrt, rules }: Ends): Record<string, string> {
  const table = Object.entries(tables).find(([, known]) => known === rules)?.[0] ?? 'custom';
  return { 'onnxplain.rules': table, 'onnxplain.of': of, 'onnxplain.wrt': wrt.join(',') };
}
