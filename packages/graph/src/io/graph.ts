import { fail } from '@onnxplain/core';
import { emptyGraph } from '../ir/empty-graph.js';
import type { Attributes, Constant, Graph, LocalFunction, Node, Value, ValueType } from '../ir/types.js';
import { readAttribute } from './attribute.js';
import type { ReadContext } from './context.js';
import { ordered } from './order.js';
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
import { readTensorType, readValue } from './values.js';

type Opsets = Graph['opsets'];

/** A graph of a file, main or inner. */
export function readGraph(proto: GraphProto, { opsets, where }: Place, reading: ReadContext): Graph {
  const constants = readConstants(proto, where, reading);
  const inputs = proto.input.filter(({ name }) => !constants.has(name));
  return {
    ...emptyGraph(opsets),
    name: proto.name,
    inputs: inputs.map((value) => readValue(value, `${where}, input`, reading)),
    outputs: readOutputs(proto, { opsets, where }, reading),
    constants,
    nodes: ordered(
      proto.node.map((node, i) => readNode(node, { opsets, where: `${where}, node ${i}` }, reading)),
    ),
    declared: readDeclared(proto.valueInfo, reading),
  };
}

interface Place {
  readonly opsets: Opsets;
  readonly where: string;
}

/**
 * Outputs that are tensors; at least one must be. An output that lacks a type may have one among the inner values. A map from class
 * to score counts as the scores.
 */
function readOutputs(proto: GraphProto, { where }: Place, reading: ReadContext): readonly Value[] {
  const inner = new Map([...proto.input, ...proto.valueInfo].map((value) => [value.name, value]));
  const typed = proto.output.map((value) =>
    value.type === undefined ? (inner.get(value.name) ?? value) : value,
  );
  const maps = new Set(proto.node.filter(isZipMap).flatMap(({ output }) => output));
  const isTensor = ({ type }: ValueInfoProto) => type?.value.case === 'tensorType' || type === undefined;
  const tensors = typed.filter((value) => isTensor(value) || maps.has(value.name));
  const kept = tensors.length === 0 ? typed : tensors;
  return kept.map((value) =>
    maps.has(value.name)
      ? { name: value.name, dtype: 'float32', dims: [0, 1].map((axis) => reading.symbol(value.name, axis)) }
      : readValue(value, `${where}, output`, reading),
  );
}

const isZipMap = ({ domain, opType }: NodeProto): boolean => domain === 'ai.onnx.ml' && opType === 'ZipMap';

function readConstants(
  proto: GraphProto,
  where: string,
  reading: ReadContext,
): ReadonlyMap<string, Constant> {
  const constants = new Map<string, Constant>();
  const add = (name: string, value: Constant): void => {
    checkName(name, `${where}, initialiser`, reading);
    if (name === '' || constants.has(name)) {
      fail({
        code: 'model-invalid',
        where: `${where}, initialiser "${name}"`,
        expected: 'a name of its own',
        got: name === '' ? 'no name' : 'a name that is taken',
      });
    }
    constants.set(name, value);
  };
  for (const tensor of proto.initializer) {
    add(tensor.name, readTensor(tensor, `initialiser "${tensor.name}"`, reading));
  }
  for (const sparse of proto.sparseInitializer) {
    const name = sparse.values?.name ?? '';
    add(name, readSparse(sparse, `sparse initialiser "${name}"`, reading));
  }
  return constants;
}

function readDeclared(
  values: readonly ValueInfoProto[],
  reading: ReadContext,
): ReadonlyMap<string, ValueType> {
  const declared = new Map<string, ValueType>();
  for (const value of values) {
    const type = readTensorType(value, reading);
    if (type !== undefined) declared.set(value.name, type);
  }
  return declared;
}

function readNode(proto: NodeProto, { opsets, where }: Place, reading: ReadContext): Node {
  reading.count(1);
  for (const name of [proto.name, proto.opType, ...proto.input, ...proto.output])
    checkName(name, where, reading);
  return {
    op: overloaded(proto.opType, proto.overload),
    domain: standardDomain(proto.domain),
    name: proto.name,
    inputs: proto.input,
    outputs: proto.output,
    attributes: readAttributes(
      proto.attribute,
      { opsets, where: `${where} (${proto.opType} "${proto.name}")` },
      reading,
    ),
  };
}

function readAttributes(
  protos: readonly AttributeProto[],
  { opsets, where }: Place,
  reading: ReadContext,
): Attributes {
  const inner = (graph: GraphProto, at: string): Graph => readGraph(graph, { opsets, where: at }, reading);
  const names = new Set(protos.map(({ name }) => name));
  if (names.size < protos.length) {
    fail({ code: 'model-invalid', where, expected: 'every attribute once', got: 'an attribute given twice' });
  }
  return Object.fromEntries(
    protos.map((proto) => [
      // A sparse constant has been made dense.
      proto.name === 'sparse_value' ? 'value' : proto.name,
      readAttribute(proto, { where, reading, readGraph: inner }),
    ]),
  );
}

/** A model-local function. */
export function readFunction(proto: FunctionProto, opsets: Opsets, reading: ReadContext): LocalFunction {
  const name = overloaded(proto.name, proto.overload);
  const where = `function "${name}"`;
  const own = readOpsets(proto.opsetImport);
  const place = { opsets: { ...opsets, ...own }, where };
  return {
    domain: standardDomain(proto.domain),
    name,
    inputs: proto.input,
    outputs: proto.output,
    parameters: proto.attribute,
    defaults: readAttributes(proto.attributeProto, place, reading),
    opsets: own,
    nodes: ordered(
      proto.node.map((node, i) => readNode(node, { ...place, where: `${where}, node ${i}` }, reading)),
    ),
  };
}

/** Functions may share a name and differ in `overload`; here the overload is part of the name. */
const overloaded = (name: string, overload: string): string =>
  overload === '' ? name : `${name}:${overload}`;

const standardDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

export function readOpsets(imports: readonly OperatorSetIdProto[]): Opsets {
  return Object.fromEntries(imports.map(({ domain, version }) => [standardDomain(domain), Number(version)]));
}

function checkName(name: string, where: string, { limits }: ReadContext): void {
  if (name.length > limits.nameLength) {
    exceeded('nameLength', limits.nameLength, `${name.length} characters in ${where}`);
  }
}
