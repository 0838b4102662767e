import { fail } from '@onnxplain/core';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { verifySignatures } from '../ir/verify-signatures.js';
import { readContext } from './context.js';
import type { ExternalReader } from './external.js';
import { readFunction, readGraph, readOpsets } from './graph.js';
import { defaultLimits, type Limits } from './limits.js';
import { refuseOtherFormats } from './other-formats.js';
import { decode, type ModelProto } from './proto.js';
import { exceeded } from './scan.js';
import { symbolsOf } from './value-info.js';

export interface ReadOptions {
  /** Overrides of {@link defaultLimits}. */
  readonly limits?: Partial<Limits>;
  /** Reader of weights in other files, such as `externalData(folder)`. Without it, models with such weights are refused. */
  readonly external?: ExternalReader;
}

/**
 * Reads an ONNX file and checks it by {@link verify}. Weights are views of `bytes` where their alignment allows, so that `bytes` must not
 * change afterwards. Nodes are sorted topologically. Initialisers that are also inputs become constants only, sparse ones become dense, and
 * every unnamed axis gets a symbol. An output of ZipMap, as scikit-learn's classifiers have it, is read as the tensor of its scores; other
 * outputs that are not tensors are left out where at least one tensor is left.
 *
 * Throws `file-format` (not an ONNX file), `model-corrupt` (truncated or damaged), `model-limit` (above `limits`), `model-invalid` (against
 * the rules of ONNX), `model-unsupported` (element types or attributes that a graph cannot hold) or `model-external-data` (weights in
 * another file, and no `external`).
 */
export function read(bytes: Uint8Array, { limits, external }: ReadOptions = {}): Graph {
  const allowed = { ...defaultLimits, ...limits };
  if (bytes.length > allowed.fileBytes) exceeded('fileBytes', allowed.fileBytes, `${bytes.length} bytes`);
  refuseOtherFormats(bytes);
  // Views of a Buffer would be Buffers.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const graph = convert(decode(plain, allowed), allowed, external);
  verify(graph);
  verifySignatures(graph);
  return graph;
}

/** The newest version of the file format that ONNX Runtime reads. */
const NEWEST_FORMAT = 13n;

function expectVersion(version: bigint): void {
  if (version <= NEWEST_FORMAT) return;
  fail({
    code: 'model-unsupported',
    where: 'IR version',
    expected: `at most ${NEWEST_FORMAT}, the newest one that ONNX Runtime reads`,
    got: `${version}`,
    remedy: 'Export the model with an older version of onnx, or set its ir_version to that of its opset.',
  });
}

function convert(model: ModelProto, limits: Limits, external: ExternalReader | undefined): Graph {
  if (model.graph === undefined) {
    return fail({
      code: 'model-corrupt',
      where: 'model',
      expected: 'an ONNX model',
      got: 'a file without a graph',
      remedy: 'The file is damaged, truncated, or not an ONNX model; fetch or export it again.',
    });
  }
  expectVersion(model.irVersion);
  const context = readContext(limits, external, symbolsOf(model.graph));
  const opsets = readOpsets(model.opsetImport);
  const graph = readGraph(model.graph, { opsets, where: 'graph', inner: false }, context);
  return {
    ...graph,
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    functions: model.functions.map((proto) => readFunction(proto, opsets, context)),
  };
}
