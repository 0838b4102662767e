/** Damages models: changes of the messages, where most defects were found, and of the bytes. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Key, stream } from '@onnxplain/core';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { VERSIONS } from '../../src/ir/schema/versions.js';

/** Chooses by a key: the same key gives the same choices. */
export interface Chooser {
  /** A whole number from 0 below `count`. */
  below(count: number): number;
  of<T>(items: readonly T[]): T;
}

export function chooserOf(key: Key): Chooser {
  const { below } = stream(key);
  return { below, of: (items) => items[below(items.length)] };
}

/** Whether a file can be changed: a protobuf library can decode it. */
export function isDecodable(bytes: Uint8Array): boolean {
  try {
    fromBinary(ModelProtoSchema, bytes);
    return true;
  } catch {
    return false;
  }
}

/** Changes a model in one to three places; one in five mutants has changed bytes only. */
export function mutate(bytes: Uint8Array, choose: Chooser): Uint8Array {
  if (choose.below(5) === 0) return damaged(bytes, choose);
  const model = fromBinary(ModelProtoSchema, bytes);
  for (let left = 1 + choose.below(3); left > 0; left--) choose.of(CHANGES)(model, choose);
  return toBinary(ModelProtoSchema, model);
}

function damaged(bytes: Uint8Array, choose: Chooser): Uint8Array {
  const at = choose.below(bytes.length);
  const until = Math.min(bytes.length, at + 1 + choose.below(16));
  const [before, part, after] = [bytes.slice(0, at), bytes.slice(at, until), bytes.slice(until)];
  const noise = Uint8Array.from({ length: 1 + choose.below(8) }, () => choose.below(256));
  return Buffer.concat(
    choose.of([
      [before],
      [before, after],
      [before, noise, after],
      [before, part, part, after],
      [before, part.map((byte) => byte ^ (1 << choose.below(8))), after],
    ]),
  );
}

type Change = (model: ModelProto, choose: Chooser) => void;

const INTEGERS = [0n, 1n, -1n, 2n, 3n, -2n, 7n, 256n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]; // biome-ignore format: a list
const FLOATS = [0, -0, 1, -1, 0.5, 1e-45, 3e38, Number.NaN, Number.POSITIVE_INFINITY];
const NAMES = ['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x', 'y', 'target', '\u001b[31m', 'é', 'a'.repeat(300)]; // biome-ignore format: a list
const OPS = [...VERSIONS.keys()].filter((name) => !name.includes(':'));
const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 22, 99];

const graphOf = (model: ModelProto): GraphProto | undefined => model.graph;

/** The main graph and those inside it. */
function graphsIn(graph: GraphProto | undefined): readonly GraphProto[] {
  if (graph === undefined) return [];
  return [graph, ...graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => graphsIn(g)))];
}

const onGraph =
  (change: (graph: GraphProto, choose: Chooser) => void): Change =>
  (model, choose) => {
    const graphs = graphsIn(graphOf(model));
    if (graphs.length > 0) change(choose.of(graphs), choose);
  };

const onNode = (change: (node: NodeProto, choose: Chooser, graph: GraphProto) => void): Change =>
  onGraph((graph, choose) => {
    if (graph.node.length > 0) change(choose.of(graph.node), choose, graph);
  });

const onAttribute = (change: (attribute: AttributeProto, choose: Chooser) => void): Change =>
  onNode(({ attribute }, choose) => {
    if (attribute.length > 0) change(choose.of(attribute), choose);
  });

const onTensor = (change: (tensor: TensorProto, choose: Chooser) => void): Change =>
  onGraph(({ initializer, node }, choose) => {
    const inner = node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])));
    const tensors = [...initializer, ...inner];
    if (tensors.length > 0) change(choose.of(tensors), choose);
  });

const onValue = (change: (value: ValueInfoProto, choose: Chooser) => void): Change =>
  onGraph(({ input, output, valueInfo }, choose) => {
    const values = [...input, ...output, ...valueInfo];
    if (values.length > 0) change(choose.of(values), choose);
  });

/** Changes one element of a list: replaces it, removes it, repeats it, or exchanges it with another. */
function changeList<T>(list: T[], choose: Chooser, other: T): void {
  const [i, j] = [choose.below(list.length + 1), choose.below(list.length + 1)];
  const kind = choose.below(4);
  if (kind === 0) list.splice(i, 1, other);
  else if (kind === 1) list.splice(i, 1);
  else if (kind === 2) list.splice(i, 0, list[j] ?? other);
  else if (i < list.length && j < list.length) [list[i], list[j]] = [list[j], list[i]];
}

const namesIn = ({ node, initializer, input }: GraphProto): readonly string[] => [
  ...node.flatMap(({ output }) => output),
  ...initializer.map(({ name }) => name),
  ...input.map(({ name }) => name),
  '',
];

function rename(model: ModelProto, choose: Chooser): void {
  const to = choose.of(NAMES);
  const graphs = graphsIn(model.graph);
  if (graphs.length === 0) return;
  const from = choose.of(namesIn(choose.of(graphs)));
  const renamed = (names: string[]): string[] => names.map((name) => (name === from ? to : name));
  for (const graph of graphs) {
    for (const node of graph.node) [node.input, node.output] = [renamed(node.input), renamed(node.output)];
    for (const each of [...graph.initializer, ...graph.input, ...graph.output, ...graph.valueInfo])
      if (each.name === from) each.name = to;
  }
}

function changeElements(tensor: TensorProto, choose: Chooser): void {
  const { rawData } = tensor;
  if (rawData.length === 0) {
    changeList(tensor.int64Data, choose, choose.of(INTEGERS));
    changeList(tensor.floatData, choose, choose.of(FLOATS));
    return;
  }
  tensor.rawData = rawData.slice();
  const view = new DataView(tensor.rawData.buffer);
  const wide = tensor.dataType === 7 && rawData.length >= 8;
  if (wide) view.setBigInt64(8 * choose.below(rawData.length >> 3), choose.of(INTEGERS), true);
  else if (rawData.length >= 4)
    view.setFloat32(4 * choose.below(rawData.length >> 2), choose.of(FLOATS), true);
  else view.setUint8(0, choose.below(256));
}

function changeDim(value: ValueInfoProto, choose: Chooser): void {
  if (value.type?.value.case !== 'tensorType') return;
  const { shape } = value.type.value.value;
  const dim = shape === undefined || shape.dim.length === 0 ? undefined : choose.of(shape.dim);
  if (shape === undefined || dim === undefined) return;
  const kind = choose.below(4);
  if (kind === 0) dim.value = { case: 'dimParam', value: choose.of(NAMES) };
  else if (kind === 1) changeList(shape.dim, choose, dim);
  else dim.value = { case: 'dimValue', value: choose.of(INTEGERS) };
}

const CHANGES: readonly Change[] = [
  onAttribute((attribute, choose) => {
    attribute.i = choose.of(INTEGERS);
    changeList(attribute.ints, choose, choose.of(INTEGERS));
    attribute.f = choose.of(FLOATS);
  }),
  onAttribute((attribute, choose) => {
    attribute.ints = attribute.ints.map((value) => (choose.below(2) === 0 ? choose.of(INTEGERS) : value));
    if (attribute.s.length > 0) attribute.s = new TextEncoder().encode(choose.of(NAMES));
  }),
  onAttribute((attribute, choose) => {
    attribute.type = choose.below(14);
  }),
  onAttribute((attribute, choose) => {
    attribute.name = choose.of([...NAMES, 'axis', 'keepdims', 'mode', 'to', 'value', 'sparse_value']);
  }),
  onNode(({ attribute }, choose) =>
    changeList(
      attribute,
      choose,
      create(AttributeProtoSchema, { name: 'axis', type: 2, i: choose.of(INTEGERS) }),
    ),
  ),
  onNode((node, choose, graph) => changeList(node.input, choose, choose.of(namesIn(graph)))),
  onNode((node, choose, graph) => changeList(node.output, choose, choose.of([...NAMES, ...namesIn(graph)]))),
  onNode((node, choose) => {
    node.opType = choose.of(choose.below(4) === 0 ? NAMES : OPS);
  }),
  onNode((node, choose) => {
    node.domain = choose.of(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', ...NAMES]);
  }),
  onGraph(({ node }, choose) => {
    if (node.length > 0) changeList(node, choose, choose.of(node));
  }),
  onGraph(({ output, input, initializer }, choose) => {
    changeList(choose.of([output, input]), choose, choose.of([...input, ...output]));
    if (initializer.length > 0) changeList(initializer, choose, choose.of(initializer));
  }),
  onTensor(({ dims }, choose) => changeList(dims, choose, choose.of(INTEGERS))),
  onTensor((tensor, choose) => {
    tensor.dims = tensor.dims.toReversed();
    changeElements(tensor, choose);
  }),
  onTensor(changeElements),
  onTensor((tensor, choose) => {
    tensor.dataType = choose.of(TYPES);
  }),
  onTensor((tensor, choose) => {
    tensor.rawData = tensor.rawData.slice(0, choose.below(tensor.rawData.length + 1));
  }),
  onValue(changeDim),
  onValue((value, choose) => {
    if (value.type?.value.case === 'tensorType') value.type.value.value.elemType = choose.of(TYPES);
  }),
  onValue((value, choose) => {
    if (choose.below(2) === 0) value.type = undefined;
    else value.name = choose.of(NAMES);
  }),
  rename,
  ({ opsetImport }, choose) => {
    const each = opsetImport.length === 0 ? undefined : choose.of(opsetImport);
    if (each === undefined) return;
    if (choose.below(4) === 0) opsetImport.push({ ...each, version: choose.of(INTEGERS) });
    else each.version = choose.of([1n, 6n, 7n, 9n, 11n, 13n, 17n, 18n, 21n, 26n, 99n, ...INTEGERS]);
  },
];
