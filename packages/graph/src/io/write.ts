import { fail } from '@onnxplain/core';
import type { Constant, Graph, LocalFunction, Node, Value } from '../ir/types.js';
import { writeAttribute } from './attribute.js';
import { bytesOf, type Chunks } from './chunks.js';
import { encodeChunks } from './encode.js';
import { irVersion } from './ir-version.js';
import type { FunctionInit, InitialiserInit, InnerGraphInit, NodeInit } from './proto.js';
import { byteLengthOf, writeInitialiser, writeTensor } from './tensor.js';
import { writeValue } from './value-info.js';

/** Most bytes of a protobuf message. */
const MAX_MESSAGE = 2 ** 31 - 1;

/**
 * Encodes a graph as an ONNX file that any runtime reads. Equal graphs give equal bytes. The declared types of inner values go into
 * `value_info`. Throws `model-limit` above 2 GiB: use {@link writeExternal} there.
 */
export const write = (graph: Graph): Uint8Array => bytesOf(writeChunks(graph));

/**
 * Encodes the file of {@link write} in chunks, for files and hashes. Chunks of large constants are views, not copies. Throws `model-limit`
 * above 2 GiB.
 */
export function writeChunks(graph: Graph): Chunks {
  const bytes = weightBytes(graph);
  if (bytes > MAX_MESSAGE) {
    fail({
      code: 'model-limit',
      where: 'write',
      expected: 'a model below 2 GiB',
      got: `${bytes} bytes of weights`,
      remedy: 'Use writeExternal(graph), which keeps the weights in a second file.',
    });
  }
  return writeModel(graph, writeInitialiser);
}

/** Converts a constant of the main graph to an initialiser. */
export type WriteConstant = (name: string, constant: Constant) => InitialiserInit;

/** Encodes the model file, with the constants of the main graph as `writeConstant` converts them. */
export function writeModel(graph: Graph, writeConstant: WriteConstant): Chunks {
  return encodeChunks({
    irVersion: BigInt(irVersion(graph.opsets, graph.functions.length > 0)),
    producerName: 'onnxplain',
    opsetImport: writeOpsets(graph.opsets),
    graph: { ...writeGraph(graph, writeConstant), declared: graph.declared },
    functions: graph.functions.map(writeFunction),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
  });
}

function writeGraph<T>(graph: Graph, writeConstant: (name: string, constant: Constant) => T) {
  const writePort = (value: Value) =>
    graph.untyped?.has(value.name) ? { name: value.name } : writeValue(value);
  return {
    name: graph.name === '' ? 'graph' : graph.name,
    node: graph.nodes.map(writeNode),
    initializer: [...graph.constants].map(([name, constant]) => writeConstant(name, constant)),
    input: graph.inputs.map(writePort),
    output: graph.outputs.map(writePort),
  };
}

const writeInner = (graph: Graph): InnerGraphInit => ({
  ...writeGraph(graph, writeTensor),
  valueInfo: [...graph.declared].map(([name, type]) => writeValue({ name, ...type })),
});

function writeNode({ op, domain, name, inputs, outputs, attributes }: Node): NodeInit {
  return {
    opType: op,
    domain,
    name,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => writeAttribute(key, value, writeInner)),
  };
}

function writeFunction(local: LocalFunction): FunctionInit {
  return {
    name: local.name,
    domain: local.domain,
    input: [...local.inputs],
    output: [...local.outputs],
    attribute: [...local.parameters],
    attributeProto: Object.entries(local.defaults).map(([key, value]) =>
      writeAttribute(key, value, writeInner),
    ),
    opsetImport: writeOpsets(local.opsets),
    node: local.nodes.map(writeNode),
  };
}

const writeOpsets = (opsets: Graph['opsets']) =>
  Object.entries(opsets).map(([domain, version]) => ({ domain, version: BigInt(version) }));

/** Returns the number of bytes of the main graph's constants; strings count by their characters. */
export function weightBytes({ constants }: Graph): number {
  let bytes = 0;
  for (const constant of constants.values()) bytes += byteLengthOf(constant);
  return bytes;
}
