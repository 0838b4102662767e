import type { Constant, Graph } from '../types.js';
import { codeOf } from './element.js';
import { DataLocation, type TensorInit } from './proto.js';
import { rawBytes, writeTensor } from './tensor.js';
import { writeModel } from './write.js';

export interface ExternalOptions {
  /** Name of the data file, relative to the model; default "weights.bin". */
  readonly location?: string;
  /** Constants of at least this many bytes go to the data file; default 1024. Strings never do. */
  readonly threshold?: number;
}

export interface ExternalModel {
  readonly model: Uint8Array;
  /** Pieces of the data file, to be written one after the other; most are views of the constants, not copies. */
  readonly data: readonly Uint8Array[];
}

/** Start of each constant in the data file, in bytes: a cache line. */
const ALIGNMENT = 64;

/** The ONNX file of a graph and the file of its weights, of any size. Equal graphs give equal bytes. */
export function writeExternal(graph: Graph, options: ExternalOptions = {}): ExternalModel {
  const { location = 'weights.bin', threshold = 1024 } = options;
  const data: Uint8Array[] = [];
  let end = 0;
  const append = (bytes: Uint8Array): number => {
    const gap = (ALIGNMENT - (end % ALIGNMENT)) % ALIGNMENT;
    if (gap > 0) data.push(new Uint8Array(gap));
    data.push(bytes);
    const offset = end + gap;
    end = offset + bytes.byteLength;
    return offset;
  };
  const writeConstant = (name: string, constant: Constant): TensorInit => {
    const { dtype, dims } = constant;
    if (!ArrayBuffer.isView(constant.data) || constant.data.byteLength < threshold)
      return writeTensor(name, constant);
    const bytes = rawBytes(constant.data);
    const place = { location, offset: String(append(bytes)), length: String(bytes.byteLength) };
    const externalData = Object.entries(place).map(([key, value]) => ({ key, value }));
    const dataLocation = DataLocation.EXTERNAL;
    return { name, dims: dims.map(BigInt), dataType: codeOf(dtype), dataLocation, externalData };
  };
  return { model: writeModel(graph, writeConstant), data };
}
