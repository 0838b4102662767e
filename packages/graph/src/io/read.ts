import { fail } from '@onnxplain/core';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { reading } from './context.js';
import type { External } from './external.js';
import { readFunction, readGraph, readOpsets } from './graph.js';
import { defaultLimits, type Limits } from './limits.js';
import { decode, type ModelProto } from './proto.js';
import { recognise } from './recognise.js';
import { exceeded } from './scan.js';
import { symbolsOf } from './values.js';

export interface ReadOptions {
  /** Overrides of {@link defaultLimits}. */
  readonly limits?: Partial<Limits>;
  /** Reader of weights kept in other files, such as `externalData(folder)`; without it they are refused. */
  readonly external?: External;
}

/**
 * The graph of an ONNX file. Weights are views of `bytes` where their alignment allows, so `bytes` must not change
 * afterwards. Nodes are put into topological order, initialisers that are also inputs become constants only, sparse
 * ones are expanded, unnamed axes get a symbol each. The maps that ZipMap makes for scikit-learn's classifiers are taken for the
 * scores in them; other outputs that are not tensors are left out as long as one tensor is left. The result has passed {@link verify}.
 *
 * Throws `file-format` (something other than ONNX), `model-corrupt` (cut short or damaged), `model-limit` (larger than
 * `limits`), `model-invalid` (against the rules of ONNX), `model-unsupported` (element types or attributes that a graph
 * cannot hold) or `model-external-data` (weights elsewhere, and no `external`).
 */
export function read(bytes: Uint8Array, { limits, external }: ReadOptions = {}): Graph {
  const allowed = { ...defaultLimits, ...limits };
  if (bytes.length > allowed.fileBytes) exceeded('fileBytes', allowed.fileBytes, `${bytes.length} bytes`);
  recognise(bytes);
  // A Buffer's views would be Buffers too.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const graph = convert(decode(plain, allowed), allowed, external);
  verify(graph);
  return graph;
}

function convert(model: ModelProto, limits: Limits, external: External | undefined): Graph {
  if (model.graph === undefined) {
    return fail({
      code: 'model-corrupt',
      where: 'model',
      expected: 'an ONNX model',
      got: 'a file without a graph',
      remedy: 'The file is damaged, cut short, or not an ONNX model; fetch or export it again.',
    });
  }
  const state = reading(limits, external, symbolsOf(model.graph));
  const opsets = readOpsets(model.opsetImport);
  const graph = readGraph(model.graph, { opsets, where: 'graph' }, state);
  return {
    ...graph,
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    functions: model.functions.map((proto) => readFunction(proto, opsets, state)),
  };
}
