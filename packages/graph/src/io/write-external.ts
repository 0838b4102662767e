import { codeOf } from '@onnxplain/core';
import type { Constant, Graph } from '../ir/types.js';
import { bytesOf, type Chunks, chunksOf, type LazyBytes } from './chunks.js';
import { DataLocation, type InitialiserInit } from './proto.js';
import { byteLengthOf, rawPart, writeInitialiser } from './tensor.js';
import { writeModel } from './write.js';

export interface ExternalOptions {
  /** Name of the data file, relative to the model; default "weights.bin". */
  readonly location?: string;
  /** Constants of at least this many bytes are written to the data file; default 1024. Strings stay in the model. */
  readonly threshold?: number;
}

export interface ExternalModel {
  readonly model: Uint8Array;
  /** The contents of the data file. Chunks of large constants are views, not copies. */
  readonly data: Chunks;
}

/** Alignment of each constant in the data file, in bytes: a cache line. */
const ALIGNMENT = 64;

/** Encodes a graph as an ONNX file and a file of its weights, which may have any size. Equal graphs give equal bytes. */
export function writeExternal(graph: Graph, options: ExternalOptions = {}): ExternalModel {
  const { location = 'weights.bin', threshold = 1024 } = options;
  const parts: (Uint8Array | LazyBytes)[] = [];
  let end = 0;
  const append = (part: LazyBytes): number => {
    const gap = (ALIGNMENT - (end % ALIGNMENT)) % ALIGNMENT;
    parts.push(new Uint8Array(gap), part);
    const offset = end + gap;
    end = offset + part.length;
    return offset;
  };
  const writeConstant = (name: string, constant: Constant): InitialiserInit => {
    const { dtype, dims } = constant;
    if (dtype === 'string' || byteLengthOf(constant) < threshold) return writeInitialiser(name, constant);
    const part = rawPart(name, constant);
    const range = { location, offset: String(append(part)), length: String(part.length) };
    const externalData = Object.entries(range).map(([key, value]) => ({ key, value }));
    const dataLocation = DataLocation.EXTERNAL;
    return { name, dims: dims.map(BigInt), dataType: codeOf(dtype), dataLocation, externalData };
  };
  const model = bytesOf(writeModel(graph, writeConstant));
  return { model, data: chunksOf(parts) };
}
