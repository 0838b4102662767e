import { fail, own } from '@onnxplain/core';
import { emptyGraph } from '../ir/empty-graph.js';
import { type Signature, signatureOf } from '../ir/schema/signature.js';
import type { Attributes, Constant, Graph, LocalFunction, Node, Value, ValueType } from '../ir/types.js';
import { readAttribute } from './attribute.js';
import type { ReadContext } from './context.js';
import { expectNarrowReaders, heldAs } from './narrow.js';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  NodeProto,
  OperatorSetIdProto,
  ValueInfoProto,
} from './proto.js';
import { exceeded } from './scan.js';
import { readSparse, readTensor } from './tensor.js';
import { topologicalOrder } from './topological-order.js';
import { readTensorType, readValue } from './value-info.js';

type Opsets = Graph['opsets'];

/** Reads the main graph or an inner graph. */
export function readGraph(
  proto: GraphProto,
  { opsets, where, inner }: GraphScope,
  context: ReadContext,
): Graph {
  const constants = readConstants(proto, where, context);
  const inputs = proto.input.filter(({ name }) => !constants.has(name));
  const { outputs, untyped } = readOutputs(proto, { opsets, where, inner }, context);
  const open = inner ? inputs.filter((value) => readTensorType(value, context) === undefined) : [];
  for (const { name } of open) untyped.add(name);
  const nodes = topologicalOrder(
    proto.node.map((node, i) => readNode(node, { opsets, where: `${where}, node ${i}` }, context)),
  );
  expectNarrowReaders(proto, nodes);
  return {
    ...emptyGraph(opsets),
    name: proto.name,
    inputs: inputs.map((value) =>
      open.includes(value) ? withoutType(value.name) : readValue(value, `${where}, input`, context),
    ),
    outputs,
    ...(untyped.size > 0 && { untyped }),
    constants,
    nodes,
    declared: readDeclared(proto.valueInfo, context),
  };
}

/** A value whose type is not known: see `Graph.untyped`. */
const withoutType = (name: string): Value => ({ name, dtype: 'float32', dims: undefined });

interface GraphScope extends Scope {
  /** Whether it is the graph of an attribute: its inputs have their types from the node. */
  readonly inner: boolean;
}

interface Scope {
  readonly opsets: Opsets;
  /** The scope in the file, for messages. */
  readonly where: string;
}

/**
 * Reads the outputs that are tensors. An output without a type may have one in `value_info`; where it has none, it is one of `untyped`. The
 * map that a ZipMap produces is read as its scores. An inner graph keeps all outputs, because their places count: a sequence that a Loop
 * carries is one of `untyped`. Throws `model-unsupported` where no output is a tensor.
 */
function readOutputs(
  proto: GraphProto,
  { where, inner: isInner }: GraphScope,
  context: ReadContext,
): Pick<Graph, 'outputs'> & { readonly untyped: Set<string> } {
  const inner = new Map([...proto.input, ...proto.valueInfo].map((value) => [value.name, value]));
  const typed = proto.output.map((value) =>
    value.type === undefined ? (inner.get(value.name) ?? value) : value,
  );
  const maps = new Set(proto.node.filter(isZipMap).flatMap(({ output }) => output));
  const isTensor = ({ type }: ValueInfoProto) => type?.value.case === 'tensorType' || type === undefined;
  const tensors = typed.filter((value) => isTensor(value) || maps.has(value.name));
  const kept = isInner || tensors.length === 0 ? typed : tensors;
  const untyped = new Set(
    kept
      .filter((value) => (isUntyped(value) || (isInner && !isTensor(value))) && !maps.has(value.name))
      .map(({ name }) => name),
  );
  const outputs = kept.map((value): Value => {
    const { name } = value;
    if (untyped.has(name)) return withoutType(name);
    if (!maps.has(name)) return readValue(value, `${where}, output`, context);
    return { name, dtype: 'float32', dims: [0, 1].map((axis) => context.freshSymbol(name, axis)) };
  });
  return { outputs, untyped };
}

const isUntyped = ({ type }: ValueInfoProto): boolean =>
  type === undefined || (type.value.case === 'tensorType' && type.value.value.elemType === 0);

const isZipMap = ({ domain, opType }: NodeProto): boolean => domain === 'ai.onnx.ml' && opType === 'ZipMap';

function readConstants(
  proto: GraphProto,
  where: string,
  context: ReadContext,
): ReadonlyMap<string, Constant> {
  const constants = new Map<string, Constant>();
  const add = (name: string, value: Constant): void => {
    checkName(name, `${where}, initialiser`, context);
    if (name === '' || constants.has(name)) {
      fail({
        code: 'model-invalid',
        where: `${where}, initialiser "${name}"`,
        expected: 'a name of its own',
        got: name === '' ? 'no name' : 'a name that another value has',
      });
    }
    constants.set(name, value);
  };
  for (const tensor of proto.initializer) {
    add(tensor.name, readTensor(tensor, `initialiser "${tensor.name}"`, context));
  }
  for (const sparse of proto.sparseInitializer) {
    const name = sparse.values?.name ?? '';
    add(name, readSparse(sparse, `sparse initialiser "${name}"`, context));
  }
  return constants;
}

function readDeclared(
  values: readonly ValueInfoProto[],
  context: ReadContext,
): ReadonlyMap<string, ValueType> {
  const declared = new Map<string, ValueType>();
  for (const value of values) {
    const declares = value.type?.value;
    if (declares?.case === 'tensorType' && heldAs(declares.value.elemType) !== undefined) continue;
    const type = readTensorType(value, context);
    if (type !== undefined) declared.set(value.name, type);
  }
  return declared;
}

function readNode(proto: NodeProto, { opsets, where }: Scope, context: ReadContext): Node {
  context.countNodes(1);
  for (const name of [proto.name, proto.opType, ...proto.input, ...proto.output])
    checkName(name, where, context);
  const type = { op: overloaded(proto.opType, proto.overload), domain: standardDomain(proto.domain) };
  const opset = own(opsets, type.domain);
  return {
    ...type,
    name: proto.name,
    inputs: withoutOmitted(proto.input, opset === undefined ? undefined : signatureOf(type, opset)),
    outputs: proto.output,
    attributes: readAttributes(
      proto.attribute,
      { opsets, where: `${where} (${proto.opType} "${proto.name}")` },
      context,
    ),
  };
}

/**
 * Leaves out inputs at the end that are omitted by an empty name and that the operator does not need: the standard gives both spellings the
 * same meaning, but kernels of ONNX Runtime read such inputs (LayerNormalization without a bias).
 */
function withoutOmitted(inputs: readonly string[], signature: Signature | undefined): readonly string[] {
  const [least, most] = signature?.inputs ?? [inputs.length, inputs.length];
  if (!Number.isFinite(most)) return inputs;
  const used = inputs.findLastIndex((name) => name !== '') + 1;
  return inputs.slice(0, Math.max(used, least));
}

function readAttributes(
  protos: readonly AttributeProto[],
  { opsets, where }: Scope,
  context: ReadContext,
): Attributes {
  const inner = (graph: GraphProto, at: string): Graph =>
    readGraph(graph, { opsets, where: at, inner: true }, context);
  // readAttribute makes a sparse constant dense.
  const nameOf = ({ name }: AttributeProto): string => (name === 'sparse_value' ? 'value' : name);
  const names = new Set(protos.map(nameOf));
  if (names.size < protos.length) {
    fail({
      code: 'model-invalid',
      where,
      expected: 'every attribute once',
      got: 'an attribute that occurs twice',
    });
  }
  return Object.fromEntries(
    protos.map((proto) => [nameOf(proto), readAttribute(proto, { where, context, readGraph: inner })]),
  );
}

/** Reads a model-local function. */
export function readFunction(proto: FunctionProto, opsets: Opsets, context: ReadContext): LocalFunction {
  const name = overloaded(proto.name, proto.overload);
  const where = `function "${name}"`;
  const own = readOpsets(proto.opsetImport);
  const scope = { opsets: { ...opsets, ...own }, where };
  return {
    domain: standardDomain(proto.domain),
    name,
    inputs: proto.input,
    outputs: proto.output,
    parameters: proto.attribute,
    defaults: readAttributes(proto.attributeProto, scope, context),
    opsets: own,
    nodes: topologicalOrder(
      proto.node.map((node, i) => readNode(node, { ...scope, where: `${where}, node ${i}` }, context)),
    ),
  };
}

/** Appends the overload to the name: functions may have the same name and differ in `overload`. */
const overloaded = (name: string, overload: string): string =>
  overload === '' ? name : `${name}:${overload}`;

const standardDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** The newest opsets of the standard that ONNX Runtime runs and that this compiler knows. */
const NEWEST: ReadonlyMap<string, number> = new Map([
  ['', 26],
  ['ai.onnx.ml', 5],
]);

/** Throws `model-invalid` for two opsets of one domain, and `model-unsupported` for one that is newer than ONNX Runtime. */
export function readOpsets(imports: readonly OperatorSetIdProto[]): Opsets {
  const found = new Map<string, bigint>();
  for (const { domain: given, version } of imports) {
    const domain = standardDomain(given);
    const where = `opset of "${domain || 'ai.onnx'}"`;
    if ((found.get(domain) ?? version) !== version) {
      const got = `${found.get(domain)} and ${version}`;
      fail({ code: 'model-invalid', where, expected: 'one version', got });
    }
    found.set(domain, version);
    const newest = NEWEST.get(domain) ?? Number.POSITIVE_INFINITY;
    if (version <= newest) continue;
    fail({
      code: 'model-unsupported',
      where,
      expected: `at most ${newest}, the newest one that ONNX Runtime runs`,
      got: `${version}`,
      remedy: 'Export the model for an older opset, or convert it with onnx.version_converter.',
    });
  }
  return Object.fromEntries(imports.map(({ domain, version }) => [standardDomain(domain), Number(version)]));
}

function checkName(name: string, where: string, { limits }: ReadContext): void {
  if (name.length > limits.nameLength) {
    exceeded('nameLength', limits.nameLength, `${name.length} characters in ${where}`);
  }
}
