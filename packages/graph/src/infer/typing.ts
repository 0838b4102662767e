import { fail, guarded, own } from '@onnxplain/core';
import { isOp } from '../ir/ops.js';
import { describe } from '../ir/scope.js';
import type { Constant, Dim, Graph, Node, Value, ValueType } from '../ir/types.js';
import { declaredTypes, freshUnknowns, symbolsOf, withDeclaredSizes, withObservedSizes } from './declared.js';
import { canonicalDim } from './dim.js';
import { expectInputTypes } from './input-types.js';
import { type KnownValues, knownWithin } from './known.js';
import { LEARNERS } from './machine-learning.js';
import { type InferRow, type Inferred, type Scope, siteOf } from './site.js';
import { INFERENCE } from './table.js';

/** The types and known elements of the values of a graph, to which nodes are added in order. */
export interface Typing extends Scope {
  types(): ReadonlyMap<string, ValueType>;
  /** Adds an input, with its type unless the file does not declare it. `known`: whether the type is known anyway; default false. */
  addInput(value: Value, known?: boolean): void;
  addConstant(name: string, value: Constant): void;
  /**
   * Adds a node whose inputs were added before. Its outputs are inferred at the next request, because most rewrites need the types of few
   * nodes. The outputs of a foreign operator get the type that a run showed, else the declared dtype.
   */
  addNode(node: Node): void;
  /** Infers the types of a node's outputs without adding the node. Empty for a foreign node or one with an input of unknown type. */
  preview(node: Node): readonly (Inferred | undefined)[];
  rename(from: string, to: string): void;
}

/** Makes an empty typing. `outer` gives the values that an inner graph sees of the graphs around it. */
export function typingOf(graph: Graph, outer?: Scope): Typing {
  const scope: Scope & KnownValues = {
    ...knownWithin(outer),
    unknown: outer?.unknown ?? freshUnknowns(graph),
    inside: (body, inputs) => outputsOf(body, inputs, scope),
  };
  const nodes = inferenceQueue(scope, graph);
  const settled = () => {
    nodes.settle();
    return scope;
  };
  return {
    typeOf: (name) => settled().typeOf(name),
    elementsOf: (name) => settled().elementsOf(name),
    constantOf: scope.constantOf,
    unknown: scope.unknown,
    inside: (body, inputs) => settled().inside(body, inputs),
    types: () => settled().types,
    addInput({ name, dtype, dims }, known = false) {
      if (known || graph.untyped?.has(name) !== true)
        scope.define(name, { dtype, dims: dims?.map(canonicalDim) });
    },
    addConstant: scope.addConstant,
    addNode: nodes.add,
    preview: nodes.preview,
    rename: (from, to) => settled().rename(from, to),
  };
}

/** A queue of added nodes, whose outputs are inferred in order by `settle`. */
function inferenceQueue(scope: Scope & KnownValues, graph: Graph) {
  const declared = declaredTypes(graph);
  const symbols = symbolsOf(graph);
  const waiting: Node[] = [];
  // A node is often previewed and then added.
  const inferred = latest((node: Node) => inferNode(node, scope) ?? []);

  function define(node: Node): void {
    const outputs = inferred(node);
    for (const [i, name] of node.outputs.entries()) {
      if (name === '') continue;
      const [stated, seen] = [declared.get(name), graph.observed?.get(name)];
      const known = outputs[i] ?? seen ?? (stated && { dtype: stated.dtype, dims: undefined });
      if (known !== undefined)
        scope.define(name, withDeclaredSizes(withObservedSizes(known, seen), stated, symbols));
    }
  }

  function settle(): void {
    waiting.forEach(define);
    waiting.length = 0;
  }

  return {
    add: (node: Node) => waiting.push(node),
    settle,
    preview(node: Node) {
      settle();
      return inferred(node);
    },
  };
}

/** Memoises the last result of a function. */
function latest<A, R>(of: (argument: A) => R): (argument: A) => R {
  let last: { readonly argument: A; readonly result: R } | undefined;
  return (argument) => {
    if (last === undefined || last.argument !== argument) last = { argument, result: of(argument) };
    return last.result;
  };
}

/** Infers the types of a node's outputs; undefined for operators without a row, and where the type of an input is unknown. */
function inferNode(node: Node, scope: Scope): readonly (Inferred | undefined)[] | undefined {
  const row = rowOf(node);
  if (row === undefined) return undefined;
  if (node.inputs.some((name) => name !== '' && scope.typeOf(name) === undefined)) return undefined;
  if (node.domain === '') expectInputTypes(node, (name) => scope.typeOf(name)?.dtype);
  const outputs = guarded(
    () => describe(node),
    () => row(siteOf(node, scope)),
  );
  for (const output of outputs) for (const dim of output?.dims ?? []) expectSize(node, dim);
  return outputs;
}

/** Most positions of one axis: ONNX Runtime cannot make larger tensors, and no reader of ours takes them. */
const LARGEST_SIZE = 2 ** 31;

function expectSize(node: Node, dim: Dim): void {
  if (typeof dim !== 'number' || (Number.isInteger(dim) && dim >= 0 && dim <= LARGEST_SIZE)) return;
  const expected = `a result whose axes have 0 to ${LARGEST_SIZE} positions`;
  fail({ code: 'shape-mismatch', where: describe(node), expected, got: `${dim}` });
}

function rowOf({ op, domain }: Node): InferRow | undefined {
  if (isOp(op, domain)) return INFERENCE[op];
  return domain === 'ai.onnx.ml' && Object.hasOwn(LEARNERS, op) ? own(LEARNERS, op) : undefined;
}

function outputsOf(
  body: Graph,
  inputs: readonly ValueType[],
  outer: Scope,
): readonly (ValueType | undefined)[] {
  const typing = typingOf(body, outer);
  for (const [i, { name, dtype, dims }] of body.inputs.entries()) {
    typing.addInput({ name, ...(inputs[i] ?? { dtype, dims }) }, inputs[i] !== undefined);
  }
  for (const [name, value] of body.constants) typing.addConstant(name, value);
  for (const node of body.nodes) typing.addNode(node);
  return body.outputs.map(({ name }) => typing.typeOf(name));
}
