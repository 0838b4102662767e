import { didYouMean, fail } from '@onnxplain/core';
import { infer } from '../infer/infer.js';
import { namer, namesIn } from '../ir/names.js';
import { usesOf } from '../ir/scope.js';
import type { Graph, Value } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';

/**
 * Returns the part of a graph in canonical form that computes outputs from its inner value `at`. That value becomes the first input; the
 * other inputs that are still needed follow. Outputs that do not depend on `at` are left out. Throws `value-unknown` for a name that is
 * not a value of the graph, and `not-applicable` for a constant or a value that no output depends on.
 */
export function cut(graph: Graph, at: string): Graph {
  const value = valueAt(graph, at);
  const outputs = dependents(graph, at);
  if (outputs.length === 0) {
    fail({
      code: 'not-applicable',
      where: `value "${at}"`,
      expected: 'a value that an output depends on',
      got: 'a value that no output depends on',
      remedy: 'Choose a value before the output.',
    });
  }
  const fresh = namer(namesIn(graph));
  // A node may produce `at` beside outputs that are still needed. Its output `at` is then renamed.
  const nodes = graph.nodes.map((node) =>
    node.outputs.includes(at)
      ? { ...node, outputs: node.outputs.map((name) => (name === at ? fresh(at) : name)) }
      : node,
  );
  const rest = graph.inputs.filter(({ name }) => name !== at);
  return withNeededInputs(prune({ ...graph, inputs: [value, ...rest], nodes, outputs }), new Set([at]));
}

/**
 * Returns the part of a graph in canonical form that computes its inner value `at` from the inputs. That value becomes the only output;
 * inputs that are not needed are left out. Throws as {@link cut} does.
 */
export function upTo(graph: Graph, at: string): Graph {
  return withNeededInputs(prune({ ...graph, outputs: [valueAt(graph, at)] }), new Set());
}

function withNeededInputs(graph: Graph, always: ReadonlySet<string>): Graph {
  const used = new Set([...graph.nodes.flatMap(usesOf), ...graph.outputs.map(({ name }) => name), ...always]);
  return { ...graph, inputs: graph.inputs.filter(({ name }) => used.has(name)) };
}

function valueAt(graph: Graph, at: string): Value {
  if (graph.constants.has(at)) {
    fail({
      code: 'not-applicable',
      where: `value "${at}"`,
      expected: 'a value computed from the inputs',
      got: 'a constant',
    });
  }
  const names = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const type = [...graph.inputs.map(({ name }) => name), ...names].includes(at)
    ? infer(graph).get(at)
    : undefined;
  if (type !== undefined) return { name: at, ...type };
  return fail({
    code: 'value-unknown',
    where: `value "${at}"`,
    expected: 'a value of the graph whose type is known',
    got: names.includes(at) ? 'one whose type is not known' : 'a name that the graph does not have',
    remedy: didYouMean(at, names) ?? `Its last values are ${names.slice(-5).join(', ')}.`,
  });
}

/** Returns the outputs that depend on `at`, without `at` itself. */
function dependents(graph: Graph, at: string): readonly Value[] {
  const reached = new Set([at]);
  for (const node of graph.nodes) {
    if (usesOf(node).some((name) => reached.has(name))) for (const name of node.outputs) reached.add(name);
  }
  reached.delete('');
  return graph.outputs.filter(({ name }) => name !== at && reached.has(name));
}
