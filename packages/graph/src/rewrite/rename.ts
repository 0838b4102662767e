import { graphsOf, substitute } from '../ir/scope.js';
import type { Attribute, Graph, Node } from '../ir/types.js';

type Rename = (name: string) => string;

/** An attribute whose inner graph, if it is one, defines fresh names only; what it captures keeps its names. */
export function renameInside(attribute: Attribute, fresh: Rename): Attribute {
  return attribute.kind === 'graph'
    ? { kind: 'graph', value: renameGraph(attribute.value, fresh) }
    : attribute;
}

/** An inner graph that defines fresh names only; what it captures keeps its names. */
export function renameGraph(graph: Graph, fresh: Rename): Graph {
  const names = new Map<string, string>();
  const define = (name: string): string => {
    if (name === '') return name;
    const made = fresh(name);
    names.set(name, made);
    return made;
  };
  const use = (name: string): string => names.get(name) ?? name;
  const inputs = graph.inputs.map((value) => ({ ...value, name: define(value.name) }));
  const constants = new Map([...graph.constants].map(([name, value]) => [define(name), value]));
  const nodes = graph.nodes.map((node): Node => {
    const read = substitute(inside(node, fresh), use);
    return { ...read, outputs: node.outputs.map(define) };
  });
  const outputs = graph.outputs.map((value) => ({ ...value, name: use(value.name) }));
  const declared = new Map([...graph.declared].map(([name, type]) => [use(name), type]));
  const observed = graph.observed && new Map([...graph.observed].map(([name, type]) => [use(name), type]));
  return { ...graph, inputs, constants, nodes, outputs, declared, observed };
}

function inside(node: Node, fresh: Rename): Node {
  if (graphsOf(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([name, value]) => [
    name,
    renameInside(value, fresh),
  ]);
  return { ...node, attributes: Object.fromEntries(attributes) };
}
