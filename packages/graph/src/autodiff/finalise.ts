import { fail } from '@onnxplain/core';
import type { Builder } from '../builder/builder.js';
import { outputNames } from '../builder/value-names.js';
import { isUnknown } from '../infer/dim.js';
import { topologicalOrder } from '../io/topological-order.js';
import { identity } from '../ir/identity.js';
import { substitute } from '../ir/scope.js';
import type { Graph, Node, Value } from '../ir/types.js';
import { VERSION } from '../ir/version.js';
import { precompute } from '../prepare/precompute.js';
import { whereAsCast } from '../prepare/where-as-cast.js';
import { eliminateCommonSubexpressions } from '../rewrite/common-subexpressions.js';
import { declareSymbolicTypes } from '../rewrite/declare-types.js';
import { prune } from '../rewrite/prune.js';
import type { Ends } from './path.js';
import { inputsToConstants, type ResolvedRequest } from './request.js';

/** Values that become outputs under a label. Each has the type of the value in `like`. */
export interface Results {
  readonly label: string;
  readonly values: readonly string[];
  readonly like: readonly string[];
}

export interface OutputRequest {
  readonly inputs: readonly Value[];
  /** Names of outputs of the source graph that stay outputs. */
  readonly kept: readonly string[];
  readonly results: readonly Results[];
  /** Values that are replaced by other values wherever they are read. */
  readonly replacements?: ReadonlyMap<string, string>;
  /** Values that are computed by other nodes than in the source graph: each name with the value that it gets. */
  readonly redefined?: ReadonlyMap<string, string>;
}

/**
 * Adds the requested outputs. Then computes constants ahead, replaces Where between 1 and 0 by Cast, merges common subexpressions and
 * removes dead nodes.
 */
export function finalise(
  b: Builder,
  resolved: ResolvedRequest,
  { inputs, kept, results, replacements, redefined }: OutputRequest,
): Graph {
  const named = results.flatMap(({ label, values, like }) =>
    outputNames(resolved.graph, label, like).map((name, i) => ({ name, value: values[i], like: like[i] })),
  );
  const outputs = [
    ...kept.map((name) => inferred(b, outputOf(resolved.graph, name))),
    ...named.map(({ name, like }): Value => ({ name, ...b.type(like) })),
  ];
  const built = b.build(outputs, inputs);
  const nodes = [
    ...redefine(built.nodes, redefined),
    ...named.map(({ name, value }) => identity(value, name)),
  ];
  const current = replacements
    ? nodes.map((node) => substitute(node, (name) => replacements.get(name) ?? name))
    : nodes;
  const typeOf = (name: string) => b.typeOf(name);
  const ready = whereAsCast(precompute({ ...built, nodes: current }, typeOf), typeOf);
  const lean = prune(eliminateCommonSubexpressions(inputsToConstants(ready, resolved.constantInputs)));
  const metadata = { ...built.metadata, ...provenance(resolved.ends) };
  return declareSymbolicTypes({ ...lean, metadata }, typeOf);
}

/** Replaces nodes whose outputs are redefined. */
function redefine(
  nodes: readonly Node[],
  redefined: ReadonlyMap<string, string> = new Map(),
): readonly Node[] {
  if (redefined.size === 0) return nodes;
  const kept = nodes.filter(({ outputs }) => !outputs.some((name) => redefined.has(name)));
  return topologicalOrder([...kept, ...[...redefined].map(([name, value]) => identity(value, name))]);
}

/** Returns an output by name. Throws `value-unknown`. */
function outputOf(graph: Graph, name: string): Value {
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

/** Gives an output the dims that inference finds; some exporters declare other dims. */
function inferred(b: Builder, value: Value): Value {
  const dims = b.typeOf(value.name)?.dims;
  return dims === undefined || dims.some(isUnknown) ? value : { ...value, dims };
}

/** The metadata of a gradient: version, rules, output and `wrt`. */
function provenance({ of, wrt, rules }: Ends): Graph['metadata'] {
  return {
    'onnxplain.version': VERSION,
    'onnxplain.rules': rules.name ?? 'custom',
    'onnxplain.of': of,
    'onnxplain.wrt': wrt.join(','),
  };
}
