import type { Activation } from './activation.js';

/**
 * One direction of a recurrent layer, time first whatever the node's layout: T steps of B sequences, I inputs, H hidden units
 * and G gates.
 */
export interface RecurrentDirection {
  readonly gates: number;
  readonly hidden: number;
  /** Whether it reads the last step first. */
  readonly reverse: boolean;
  /** [T, B, I] */
  readonly x: string;
  /** The state after each step, [T, B, H]; 0 after the end of a sequence. */
  readonly y: string;
  /** [G H, I] */
  readonly w: string;
  /** [G H, H] */
  readonly r: string;
  /** Biases of w and of r, [G H]. */
  readonly bias: readonly [w: string, r: string] | undefined;
  /** Peepholes of the gates i, o and f, [H] each. */
  readonly peepholes: readonly string[] | undefined;
  /** States before the first step, [B, H]; zeros where absent. */
  readonly first: { readonly h: string | undefined; readonly c: string | undefined };
  /** Lengths of the sequences, int64 [1, B, 1]; absent where all have T steps. */
  readonly lengths: string | undefined;
  readonly activations: readonly Activation[];
  /** Cotangents: of y, [T, B, H], 0 after the end of a sequence; of the last states, [B, H]. */
  readonly dy: string | undefined;
  readonly dh: string | undefined;
  readonly dc: string | undefined;
}
