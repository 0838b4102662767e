/** What a model file may ask of the machine that reads it; a file that asks for more is refused with `model-limit`. */
export interface Limits {
  /** Size of the model file in bytes. */
  readonly fileBytes: number;
  /** Graphs inside graphs (If, Loop, Scan bodies). */
  readonly depth: number;
  /** Nodes, summed over all graphs and functions. */
  readonly nodes: number;
  /** Messages in the file: nodes, attributes, tensors, types, names of axes, strings of tensors. */
  readonly messages: number;
  /** Memory for decoding numbers stored as lists (`float_data`, `int64_data` ...): up to 32 times their size in the file. */
  readonly listBytes: number;
  /** Elements of one tensor. */
  readonly elements: number;
  /** Bytes of all tensors together, external and expanded sparse ones included. */
  readonly tensorBytes: number;
  /** Axes of one tensor. */
  readonly rank: number;
  /** Characters of one name. */
  readonly nameLength: number;
}

/** Wide enough for every published model, narrow enough that a hostile file cannot exhaust memory by decoding alone. */
export const defaultLimits: Limits = {
  fileBytes: 2 ** 31,
  depth: 16,
  nodes: 1_000_000,
  messages: 4_000_000,
  listBytes: 2 ** 30,
  elements: 2 ** 31,
  tensorBytes: 2 ** 35,
  rank: 64,
  nameLength: 4096,
};
