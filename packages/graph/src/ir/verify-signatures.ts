import { didYouMean, fail, own } from '@onnxplain/core';
import type { Arity } from './schema/op-schema.js';
import { type Signature, signatureOf } from './schema/signature.js';
import { describe } from './scope.js';
import type { Attribute, Graph, Node } from './types.js';
import { functionsByType, nodesWithin, typeOfNode } from './walk.js';

type Opsets = Graph['opsets'];

/**
 * Checks that every node of a standard operator has as many inputs and outputs as the file's opset allows, and the attributes that the
 * operator has, of their types. ONNX Runtime refuses the same, except that a number may be an integer where a float is meant. Operators
 * that the standard does not have in this opset are not checked. Throws `model-invalid` with the name of the node.
 */
export function verifySignatures(graph: Graph): void {
  const local = functionsByType(graph);
  const check = (nodes: readonly Node[], opsets: Opsets): void =>
    nodesWithin(nodes).forEach((node) => {
      if (!local.has(typeOfNode(node))) verifyNode(node, opsets);
    });
  check(graph.nodes, graph.opsets);
  for (const { nodes, opsets } of graph.functions) check(nodes, { ...graph.opsets, ...opsets });
}

function verifyNode(node: Node, opsets: Opsets): void {
  const opset = own(opsets, node.domain);
  const signature = opset === undefined ? undefined : signatureOf(node, opset);
  if (signature !== undefined) {
    expectCount(node, { names: node.inputs, what: 'input', arity: signature.inputs });
    expectCount(node, { names: node.outputs, what: 'output', arity: signature.outputs });
    expectNames(node, signature);
    expectAttributes(node, signature);
  }
}

interface Names {
  readonly names: readonly string[];
  readonly what: 'input' | 'output';
  readonly arity: Arity;
}

function expectCount(node: Node, { names, what, arity: [least, most] }: Names): void {
  const count = names.length;
  if (count >= least && count <= most) return;
  invalid(describe(node), countText([least, most], what), `${count}`);
}

/** Describes numbers of inputs or outputs: "2 inputs", "1 to 3 outputs", "at least 1 input". */
function countText([least, most]: Arity, what: string): string {
  if (most === Number.POSITIVE_INFINITY) return `at least ${least} ${what}${least === 1 ? '' : 's'}`;
  return `${least === most ? '' : `${least} to `}${most} ${what}${most === 1 ? '' : 's'}`;
}

/** The bounds of a Loop may be left out although inputs come after them. */
const MAY_OMIT_FIRST = ['Loop', 'Scan'];

/** Checks that the inputs and outputs that every node has are named. */
function expectNames(node: Node, { inputs: [inputs], outputs: [outputs, most] }: Signature): void {
  const input = MAY_OMIT_FIRST.includes(node.op) ? -1 : node.inputs.slice(0, inputs).indexOf('');
  if (input >= 0) invalid(`${describe(node)}, input ${input}`, 'the name of a value', 'none');
  const output = Number.isFinite(most) ? node.outputs.slice(0, outputs).indexOf('') : -1;
  if (output >= 0) invalid(`${describe(node)}, output ${output}`, 'a name', 'none');
}

function expectAttributes(node: Node, { attributes }: Signature): void {
  for (const [name, attribute] of Object.entries<Attribute>(node.attributes)) {
    const form = attributes.get(name);
    const where = `${describe(node)}, attribute "${name}"`;
    if (form !== undefined && !fits(attribute, form.kind)) invalid(where, form.kind, attribute.kind);
    if (form !== undefined) continue;
    fail({
      code: 'model-invalid',
      where,
      expected: 'an attribute that the operator has in this opset',
      got: 'another one',
      remedy: didYouMean(name, [...attributes.keys()]),
    });
  }
  for (const [name, { required }] of attributes) {
    if (!required || Object.hasOwn(node.attributes, name)) continue;
    invalid(describe(node), `the attribute "${name}", which the operator needs`, 'none');
  }
}

/** Whether an attribute has a type. An empty list has no type of its own, and exporters write 1 for a float. */
function fits({ kind, value }: Attribute, wanted: string): boolean {
  if (kind === wanted || kind === 'reference') return true;
  if (kind === 'tensor') return wanted === 'sparse_tensor';
  if (kind === 'int') return wanted === 'float';
  return wanted.endsWith('s') && Array.isArray(value) && value.length === 0;
}

function invalid(where: string, expected: string, got: string): never {
  return fail({ code: 'model-invalid', where, expected, got });
}
