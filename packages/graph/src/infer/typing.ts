import { isOp } from '../ops.js';
import type { Constant, Dim, Graph, Node, Value, ValueType } from '../types.js';
import { elementsOfConstant, FOLLOWED } from './contents.js';
import { canonicalDim, isUnknown } from './dim.js';
import { type Elements, type Inferred, type Scope, siteOf } from './site.js';
import { INFERENCE } from './table.js';

/** What is known of every value of a graph, as nodes are added to it in order. */
export interface Typing extends Scope {
  types(): ReadonlyMap<string, ValueType>;
  addInput(value: Value): void;
  addConstant(name: string, value: Constant): void;
  /**
   * Adds a node whose inputs were added; foreign operators take what the file declares. Its outputs are inferred when something is asked
   * next: most rewrites leave most nodes alone and ask nothing.
   */
  addNode(node: Node): void;
  /** What inference says of a node's outputs, without adding it. Empty when it is foreign or an input's type is unknown. */
  preview(node: Node): readonly (Inferred | undefined)[];
  rename(from: string, to: string): void;
}

/** A typing of a graph's inputs and constants, no nodes yet. `outer` is what a subgraph sees of the graph around it. */
export function typingOf(graph: Graph, outer?: Scope): Typing {
  const types = new Map<string, ValueType>();
  const elements = new Map<string, Elements>();
  const constants = new Map<string, Constant>();
  const declared = declaredTypes(graph);
  let unknowns = highestUnknown(graph);

  const scope: Scope = {
    typeOf: (name) => types.get(name) ?? outer?.typeOf(name),
    elementsOf: (name) => {
      const constant = constants.get(name);
      if (constant === undefined) return elements.get(name) ?? outer?.elementsOf(name);
      const known = elements.get(name) ?? elementsOfConstant(constant);
      if (known !== undefined) elements.set(name, known);
      return known;
    },
    constantOf: (name) => constants.get(name) ?? outer?.constantOf(name),
    unknown: outer?.unknown ?? (() => `?${++unknowns}`),
    inside: (body, inputs) => outputsOf(body, inputs, scope),
  };

  function define(name: string, { dtype, dims, elements: known }: Inferred): void {
    types.set(name, refine({ dtype, dims }, declared.get(name)));
    if (known !== undefined && known.length <= FOLLOWED) elements.set(name, known);
  }

  let last: { readonly node: Node; readonly outputs: readonly (Inferred | undefined)[] } | undefined;
  /** A node is often previewed, then added. */
  const inferred = (node: Node) => {
    if (last?.node !== node) last = { node, outputs: inferNode(node, scope) ?? [] };
    return last.outputs;
  };

  const waiting: Node[] = [];
  /** The scope with all nodes that were added. */
  function settled(): Scope {
    for (const node of waiting) {
      const outputs = inferred(node);
      node.outputs.forEach((name, i) => {
        const known = name === '' ? undefined : (outputs[i] ?? declared.get(name));
        if (known !== undefined) define(name, known);
      });
    }
    waiting.length = 0;
    return scope;
  }

  return {
    typeOf: (name) => settled().typeOf(name),
    elementsOf: (name) => settled().elementsOf(name),
    constantOf: scope.constantOf,
    unknown: scope.unknown,
    inside: (body, inputs) => settled().inside(body, inputs),
    preview: (node) => {
      settled();
      return inferred(node);
    },
    types: () => {
      settled();
      return types;
    },
    addInput: ({ name, dtype, dims }) => types.set(name, { dtype, dims: dims?.map(canonicalDim) }),
    addConstant: (name, value) => {
      constants.set(name, value);
      types.set(name, { dtype: value.dtype, dims: value.dims });
    },
    addNode: (node) => waiting.push(node),
    rename: (from, to) => {
      settled();
      for (const map of [types, elements, constants] as Map<string, unknown>[]) {
        const known = map.get(from);
        if (known !== undefined) map.set(to, known);
        map.delete(from);
      }
    },
  };
}

/** Types of a node's outputs; undefined for foreign operators and where an input's type is unknown. */
function inferNode(node: Node, scope: Scope): readonly (Inferred | undefined)[] | undefined {
  if (!isOp(node.op, node.domain)) return undefined;
  if (node.inputs.some((name) => name !== '' && scope.typeOf(name) === undefined)) return undefined;
  return INFERENCE[node.op](siteOf(node, scope));
}

function outputsOf(
  body: Graph,
  inputs: readonly ValueType[],
  outer: Scope,
): readonly (ValueType | undefined)[] {
  const typing = typingOf(body, outer);
  for (const [i, { name, dtype, dims }] of body.inputs.entries()) {
    typing.addInput({ name, ...(inputs[i] ?? { dtype, dims }) });
  }
  for (const [name, value] of body.constants) typing.addConstant(name, value);
  for (const node of body.nodes) typing.addNode(node);
  return body.outputs.map(({ name }) => typing.typeOf(name));
}

/** What the file declares fills in what inference could not find; it never overrules it. */
function refine(inferred: ValueType, declared: ValueType | undefined): ValueType {
  if (declared?.dims === undefined) return inferred;
  const { dtype, dims } = inferred;
  if (dims === undefined) return { dtype, dims: declared.dims };
  if (dims.length !== declared.dims.length) return inferred;
  const filled = dims.map((dim, i): Dim => (isUnknown(dim) ? (declared.dims?.[i] ?? dim) : dim));
  return { dtype, dims: filled };
}

/** `value_info` and the graph's outputs. */
function declaredTypes(graph: Graph): ReadonlyMap<string, ValueType> {
  const all = new Map<string, ValueType>();
  const add = (name: string, { dtype, dims }: ValueType) =>
    all.set(name, { dtype, dims: dims?.map(canonicalDim) });
  for (const [name, type] of graph.declared) add(name, type);
  for (const output of graph.outputs) add(output.name, output);
  return all;
}

function highestUnknown(graph: Graph): number {
  let highest = 0;
  const types: readonly ValueType[] = [...graph.inputs, ...graph.outputs, ...graph.declared.values()];
  for (const { dims } of types) {
    for (const dim of dims ?? []) {
      for (const [, number] of typeof dim === 'string' ? dim.matchAll(/\?(\d+)/g) : []) {
        highest = Math.max(highest, Number(number));
      }
    }
  }
  return highest;
}
