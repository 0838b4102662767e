import { fail, own } from '@onnxplain/core';
import { identity } from '../ir/identity.js';
import { namer, namesIn } from '../ir/names.js';
import { describe, substitute } from '../ir/scope.js';
import type { Attribute, Attributes, Graph, LocalFunction, Node } from '../ir/types.js';
import { functionsByType, mapGraphs, typeOfNode } from '../ir/walk.js';
import { checkFunctionCalls } from './function-calls.js';
import { renameGraph } from './rename.js';

/**
 * Replaces every call of a local function by the nodes of the function, in inner graphs too. Formal inputs and outputs get the names of
 * the call, inner values get fresh names. Attribute references become the values of the call or the defaults of the function; an attribute
 * with neither is left out. The result has no functions.
 *
 * Throws `model-invalid` for recursion, `model-limit` where calls nest deeper than 64 or the result would have over a million nodes, and
 * `model-unsupported` where a function is written for another opset than the model.
 */
export function inline(graph: Graph): Graph {
  if (graph.functions.length === 0) return graph;
  checkFunctionCalls(graph);
  const functions = functionsByType(graph);
  const opsets = Object.assign({}, ...graph.functions.map((local) => local.opsets), graph.opsets);
  const expansion: Expansion = { functions, opsets, fresh: namer(namesIn(graph)) };
  return { ...graph, opsets, functions: [], nodes: expandNodes(graph.nodes, expansion) };
}

interface Expansion {
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly opsets: Graph['opsets'];
  readonly fresh: (hint: string) => string;
}

function expandNodes(nodes: readonly Node[], expansion: Expansion): readonly Node[] {
  return nodes.flatMap((node) => {
    const local = expansion.functions.get(typeOfNode(node));
    if (local === undefined) return [expandInnerGraphs(node, expansion)];
    return expandNodes(instantiate(node, local, expansion), expansion);
  });
}

const expandInnerGraphs = (node: Node, expansion: Expansion): Node =>
  mapGraphs(node, (graph) => ({ ...graph, nodes: expandNodes(graph.nodes, expansion) }));

/** Returns the nodes of a function with the names and attributes of a call. */
function instantiate(call: Node, local: LocalFunction, { fresh, opsets }: Expansion): readonly Node[] {
  checkOpsets(call, local, opsets);
  const names = new Map<string, string>([['', '']]);
  local.inputs.forEach((formal, i) => {
    names.set(formal, call.inputs[i] ?? '');
  });
  const aliases: Node[] = [];
  local.outputs.forEach((formal, i) => {
    const actual = call.outputs[i] ?? '';
    if (actual === '') return;
    const existing = names.get(formal);
    // The output is also an input or another output of the function.
    if (existing !== undefined) aliases.push(identity(existing, actual));
    else names.set(formal, actual);
  });
  const rename = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const unique = fresh(`${local.name}/${name}`);
    names.set(name, unique);
    return unique;
  };
  const values = { ...local.defaults, ...call.attributes };
  const bound = local.nodes.map((node) => renameNode(bind(node, values), rename, fresh));
  return [...bound, ...aliases];
}

function renameNode(node: Node, rename: (name: string) => string, fresh: (hint: string) => string): Node {
  const inside = mapGraphs(node, (graph) => renameGraph(graph, fresh));
  const renamed = substitute(inside, rename);
  const outputs = node.outputs.map(rename);
  return { ...renamed, outputs, name: outputs.find((name) => name !== '') ?? '' };
}

/** Replaces the attribute references of a node, and of its inner graphs, by values. */
function bind(node: Node, values: Attributes): Node {
  const attributes: [string, Attribute][] = [];
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const value = attribute.kind === 'reference' ? own(values, attribute.value) : attribute;
    if (value === undefined) continue;
    if (value.kind !== 'graph' || attribute.kind === 'reference') attributes.push([name, value]);
    else {
      const nodes = value.value.nodes.map((inner) => bind(inner, values));
      attributes.push([name, { kind: 'graph', value: { ...value.value, nodes } }]);
    }
  }
  return { ...node, attributes: Object.fromEntries(attributes) };
}

function checkOpsets(call: Node, local: LocalFunction, opsets: Graph['opsets']): void {
  const used = new Set(local.nodes.map(({ domain }) => domain));
  for (const [domain, version] of Object.entries(local.opsets)) {
    if (!used.has(domain) || own(opsets, domain) === version) continue;
    fail({
      code: 'model-unsupported',
      where: describe(call),
      expected: `a function for opset ${own(opsets, domain)} of "${domain}", as the model`,
      got: `opset ${version}`,
      remedy: 'Convert the model to one opset (onnx.version_converter), or export it without functions.',
    });
  }
}
