/** Limits of a model file. A file that exceeds one is refused with `model-limit`. */
export interface Limits {
  /** Size of the model file in bytes. */
  readonly fileBytes: number;
  /** Depth of nested graphs (bodies of If, Loop, Scan). */
  readonly depth: number;
  /** Number of nodes in all graphs and functions. */
  readonly nodes: number;
  /** Number of protobuf messages and strings: nodes, attributes, tensors, types, names of axes, strings of tensors. */
  readonly messages: number;
  /** Memory for decoding numbers stored as lists (`float_data`, `int64_data` ...): up to 32 times their size in the file. */
  readonly listBytes: number;
  /** Number of elements of one tensor. */
  readonly elements: number;
  /** Bytes of all tensors together, including external ones and sparse ones made dense. */
  readonly tensorBytes: number;
  /** Bytes of one sparse tensor that is made dense. */
  readonly sparseBytes: number;
  /** Number of axes of one tensor. */
  readonly rank: number;
  /** Number of characters of one name. */
  readonly nameLength: number;
}

/** Defaults that published models do not exceed, and under which a hostile file cannot exhaust memory by decoding alone. */
export const defaultLimits: Limits = {
  fileBytes: 2 ** 31,
  depth: 16,
  nodes: 1_000_000,
  messages: 4_000_000,
  listBytes: 2 ** 30,
  elements: 2 ** 31,
  tensorBytes: 2 ** 35,
  sparseBytes: 2 ** 30,
  rank: 64,
  nameLength: 4096,
};
