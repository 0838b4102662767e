/** Every code an onnxplain error can carry. Codes are stable: programs may branch on them. */
export type ErrorCode =
  // files and models
  | 'file-missing'
  | 'file-unreadable'
  | 'file-format'
  | 'model-corrupt'
  | 'model-limit'
  | 'model-invalid'
  | 'model-external-data'
  | 'model-unsupported'
  // compiler
  | 'op-unknown'
  | 'op-no-gradient'
  | 'shape-mismatch'
  | 'type-mismatch'
  | 'value-unknown'
  // running a model
  | 'runtime-missing'
  | 'runtime-copies'
  | 'provider-unavailable'
  | 'session-failed'
  | 'run-failed'
  | 'closed'
  | 'aborted'
  | 'process-died'
  | 'time-limit'
  | 'memory-limit'
  | 'feed-name'
  | 'feed-shape'
  | 'feed-type'
  | 'feed-value'
  | 'output-unclear'
  | 'target-range'
  | 'no-gradient'
  // numbers
  | 'tensor-shape'
  | 'singular'
  | 'too-large'
  | 'non-finite'
  | 'attack-unproven'
  // requests that cannot be met
  | 'option-unknown'
  | 'option-value'
  | 'name-unknown'
  | 'expression-syntax'
  | 'kind-mismatch'
  | 'not-applicable'
  | 'usage'
  // a defect of onnxplain
  | 'internal'
  // definitions of a user
  | 'plugin-missing'
  | 'plugin-failed'
  | 'plugin-invalid'
  | 'plugin-clash'
  | 'plugin-result';

export interface Diagnosis {
  readonly code: ErrorCode;
  /** What was being looked at: a file, a node, an option. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What the reader can do about it. */
  readonly remedy?: string;
}

/** Marks errors of this library across copies of it, such as the one in the command line and the one that a plugin imports. */
const MARK = Symbol.for('onnxplain.error');

/**
 * The only error this library throws on purpose: says where, what was expected, what came, what to do. `instanceof` holds for those of
 * another copy of the library too.
 */
export class OnnxplainError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }

  override readonly name = 'OnnxplainError';
  readonly code: ErrorCode;
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis, options?: ErrorOptions) {
    const { where, expected, got, remedy } = diagnosis;
    super(`${where}: expected ${expected}, got ${got}.${remedy === undefined ? '' : ` ${remedy}`}`, options);
    this.code = diagnosis.code;
    this.diagnosis = diagnosis;
  }

  get [MARK](): true {
    return true;
  }
}

/** Throws an {@link OnnxplainError}; reads as a statement in a guard. */
export function fail(diagnosis: Diagnosis, options?: ErrorOptions): never {
  throw new OnnxplainError(diagnosis, options);
}
