import type { Activation } from './activation.js';

/**
 * One direction of a recurrent layer with T steps, B sequences, I inputs, H hidden units and G gates. The time axis comes first, in either
 * layout of the node.
 */
export interface RecurrentDirection {
  readonly gates: number;
  readonly hidden: number;
  /** Whether it reads the last step first. */
  readonly reverse: boolean;
  /** [T, B, I] */
  readonly x: string;
  /** State after each step, [T, B, H]; 0 after the end of a sequence. */
  readonly y: string;
  /** [G H, I] */
  readonly w: string;
  /** [G H, H] */
  readonly r: string;
  /** Biases of w and of r, [G H]. */
  readonly bias: readonly [w: string, r: string] | undefined;
  /** Peepholes of the gates i, o and f, [H] each. */
  readonly peepholes: readonly string[] | undefined;
  /** Initial states, [B, H]; undefined for zeros. */
  readonly first: { readonly h: string | undefined; readonly c: string | undefined };
  /** Lengths of the sequences, int64 [1, B, 1]; undefined if all have T steps. */
  readonly lengths: string | undefined;
  readonly activations: readonly Activation[];
  /** Cotangents of y, [T, B, H], 0 after the end of a sequence, and of the last states h and c, [B, H]. */
  readonly dy: string | undefined;
  readonly dh: string | undefined;
  readonly dc: string | undefined;
}
