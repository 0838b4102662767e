import { dtypeInfo, fail, own } from '@onnxplain/core';
import { expectedKinds } from './attribute-kinds.js';
import { isLazyConstant } from './lazy-constant.js';
import { describe } from './scope.js';
import type { Attributes, Constant, Graph, LocalFunction, Node } from './types.js';
import { nodesWithin } from './walk.js';

/**
 * Checks the rules that every transformation relies on: names are defined once and before their use (inner graphs also see outer names),
 * outputs exist, constants have as many elements as their dims say, attributes of standard operators have the right kind, and every domain
 * has an opset. Operators of other domains are allowed; {@link foreign} lists them. Throws `model-invalid` with the name of the node.
 */
export function verify(graph: Graph): void {
  verifyOpsets(graph.opsets);
  verifyGraph(graph, { outer: undefined, opsets: graph.opsets, parameters: undefined });
  const names = new Set<string>();
  for (const local of graph.functions) {
    const name = `${local.domain}:${local.name}`;
    if (names.has(name)) invalid(`function "${name}"`, 'one definition', 'two');
    names.add(name);
    verifyFunction(local, graph.opsets);
  }
}

/** Lists the foreign operators, as "domain:Op": those that are neither standard ONNX nor functions of the model. */
export function foreign(graph: Graph): readonly string[] {
  const local = new Set(graph.functions.map(({ domain, name }) => `${domain}:${name}`));
  const found = new Set<string>();
  const nodes = [graph, ...graph.functions].flatMap((each) => each.nodes);
  for (const { domain, op } of nodesWithin(nodes)) {
    if (domain !== '' && !local.has(`${domain}:${op}`)) found.add(`${domain}:${op}`);
  }
  return [...found].sort();
}

interface Scope {
  /** Names of the outer graphs. */
  readonly outer: Names | undefined;
  readonly opsets: Graph['opsets'];
  /** Attribute parameters of the enclosing function; undefined outside functions. */
  readonly parameters: ReadonlySet<string> | undefined;
}

interface Names {
  readonly own: Set<string>;
  readonly outer: Names | undefined;
}

/** Whether a name is defined in a graph or in the graphs around it. */
function isDefined(names: Names | undefined, name: string): boolean {
  for (let scope = names; scope !== undefined; scope = scope.outer) if (scope.own.has(name)) return true;
  return false;
}

function verifyGraph(graph: Graph, scope: Scope): void {
  const names: Names = { own: new Set(), outer: scope.outer };
  const where = `graph "${graph.name}"`;
  for (const { name } of graph.inputs) define(names, name, `${where}, input "${name}"`);
  for (const [name, constant] of graph.constants) {
    define(names, name, `${where}, constant "${name}"`);
    verifyConstant(constant, `constant "${name}"`);
  }
  verifyNodes(graph.nodes, names, scope);
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (!isDefined(names, name))
      invalid(`${where}, output "${name}"`, 'a value of the graph', 'a name that nothing defines');
    if (outputs.has(name))
      invalid(`${where}, output "${name}"`, 'every output once', 'the same output twice');
    outputs.add(name);
  }
}

function verifyFunction(
  { name, inputs, outputs, nodes, ...local }: LocalFunction,
  outer: Graph['opsets'],
): void {
  const where = `function "${name}"`;
  const names: Names = { own: new Set(), outer: undefined };
  for (const input of inputs) define(names, input, `${where}, input "${input}"`);
  const parameters = new Set([...local.parameters, ...Object.keys(local.defaults)]);
  const opsets = { ...outer, ...local.opsets };
  verifyOpsets(local.opsets);
  verifyNodes(nodes, names, { outer: undefined, opsets, parameters });
  for (const output of outputs) {
    if (!names.own.has(output)) {
      invalid(`${where}, output "${output}"`, 'a value of the function', 'a name that nothing defines');
    }
  }
}

function verifyNodes(nodes: readonly Node[], names: Names, scope: Scope): void {
  for (const node of nodes) {
    const where = describe(node);
    if (node.op === '') invalid(where, 'an operator', 'an empty name');
    if (own(scope.opsets, node.domain) === undefined) {
      invalid(
        where,
        `an opset for the domain "${node.domain}"`,
        `opsets for ${JSON.stringify(scope.opsets)}`,
      );
    }
    for (const name of node.inputs) {
      if (name !== '' && !isDefined(names, name)) {
        invalid(
          `${where}, input "${name}"`,
          'a name defined before the node',
          'a name that nothing before it defines',
        );
      }
    }
    verifyAttributes(node, { ...scope, outer: names });
    if (!node.outputs.some((name) => name !== '')) invalid(where, 'at least one output', 'none');
    for (const name of node.outputs) if (name !== '') define(names, name, `${where}, output "${name}"`);
  }
}

function verifyAttributes(node: Node, scope: Scope): void {
  for (const [name, attribute] of Object.entries(node.attributes as Attributes)) {
    const where = `${describe(node)}, attribute ${name}`;
    if (attribute.kind === 'reference') {
      if (scope.parameters?.has(attribute.value) !== true) {
        invalid(
          where,
          'a value, or a parameter of the enclosing function',
          `a reference to "${attribute.value}"`,
        );
      }
      continue;
    }
    const kinds = node.domain === '' ? expectedKinds(name) : undefined;
    const empty = Array.isArray(attribute.value) && attribute.value.length === 0;
    if (kinds !== undefined && !empty && !kinds.includes(attribute.kind)) {
      invalid(where, kinds.join(' or '), attribute.kind);
    }
    if (attribute.kind === 'tensor') verifyConstant(attribute.value, where);
    if (attribute.kind === 'graph') verifyGraph(attribute.value, scope);
  }
}

function verifyConstant(constant: Constant, where: string): void {
  const { dtype, dims } = constant;
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0))
    invalid(where, 'sizes of at least 0', `[${dims}]`);
  // Those who write the elements check their number.
  if (isLazyConstant(constant)) return;
  const { data } = constant;
  if (data.length !== size) invalid(where, `${size} elements for dims [${dims}]`, `${data.length}`);
  const array = dtypeInfo(dtype)?.array ?? Array;
  const fits = data.constructor === array;
  if (!fits) invalid(where, `the storage of ${dtype}`, data.constructor.name);
}

function verifyOpsets(opsets: Graph['opsets']): void {
  for (const [domain, version] of Object.entries(opsets)) {
    if (!Number.isSafeInteger(version) || version < 1) {
      invalid(`opset of "${domain}"`, 'a version of at least 1', String(version));
    }
  }
}

function define(names: Names, name: string, where: string): void {
  if (name === '') invalid(where, 'a name', 'an empty one');
  if (names.own.has(name)) invalid(where, 'a name of its own', 'a name that another value has');
  names.own.add(name);
}

function invalid(where: string, expected: string, got: string): never {
  return fail({ code: 'model-invalid', where, expected, got });
}
