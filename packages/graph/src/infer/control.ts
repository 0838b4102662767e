import { attributesOf } from '../attributes.js';
import type { Dim, Graph, Node, ValueType } from '../types.js';
import type { Scope } from './site.js';

/** What the outputs of an inner graph are, given its inputs, seen from a scope. */
export type TypeBody = (body: Graph, inputs: readonly ValueType[]) => readonly (ValueType | undefined)[];

/**
 * Types of the outputs of If and Loop, which are foreign to the canonical form but stand before much that is not.
 * Undefined for other operators.
 */
export function inferControl(
  node: Node,
  scope: Scope,
  typeBody: TypeBody,
): readonly (ValueType | undefined)[] | undefined {
  if (node.domain !== '') return undefined;
  if (node.op === 'If') return inferIf(node, scope, typeBody);
  return node.op === 'Loop' ? inferLoop(node, scope, typeBody) : undefined;
}

function inferIf(
  node: Node,
  scope: Scope,
  typeBody: TypeBody,
): readonly (ValueType | undefined)[] | undefined {
  const branches = ['then_branch', 'else_branch'].map((name) => attributesOf(node).graph(name));
  const [first, second] = branches.map((branch) => branch && typeBody(branch, []));
  return first?.map((type, i) => join(type, second?.[i], scope));
}

/** What holds whichever of two values it is. */
function join(a: ValueType | undefined, b: ValueType | undefined, scope: Scope): ValueType | undefined {
  if (a === undefined || b === undefined || a.dtype !== b.dtype) return undefined;
  if (a.dims === undefined || a.dims.length !== b.dims?.length) return { dtype: a.dtype, dims: undefined };
  return { dtype: a.dtype, dims: a.dims.map((dim, i): Dim => (dim === b.dims?.[i] ? dim : scope.unknown())) };
}

/**
 * A value that is carried around keeps the sizes that the body gives back as they came; of the others only the rank is
 * known. What is collected gets a leading axis, one entry an iteration.
 */
function inferLoop(
  node: Node,
  scope: Scope,
  typeBody: TypeBody,
): readonly (ValueType | undefined)[] | undefined {
  const body = attributesOf(node).graph('body');
  const initial = node.inputs.slice(2).map((name) => scope.typeOf(name));
  if (body === undefined || !initial.every((type) => type !== undefined)) return undefined;
  const counters: readonly ValueType[] = [
    { dtype: 'int64', dims: [] },
    { dtype: 'bool', dims: [] },
  ];
  const once = typeBody(body, [...counters, ...initial]).slice(1);
  const stable = initial.map((type, i) => join(type, once[i], scope));
  if (stable.some((type) => type === undefined)) return undefined;
  const again = typeBody(body, [...counters, ...stable.filter((type) => type !== undefined)]).slice(1);
  const carried = stable.map((type, i) => join(type, again[i], scope));
  const collected = again.slice(initial.length).map((type) => collect(type, scope));
  return [...carried, ...collected];
}

function collect(type: ValueType | undefined, scope: Scope): ValueType | undefined {
  return type && { ...type, dims: type.dims && [scope.unknown(), ...type.dims] };
}
