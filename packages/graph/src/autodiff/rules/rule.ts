import type { MathBuilder } from '../../builder/math-builder.js';
import type { Op } from '../../ir/ops.js';
import type { Graph, Node } from '../../ir/types.js';

/** What a backward rule knows of its node in the forward graph. */
export interface RuleContext {
  readonly node: Node;
  /** Names of the input values ('' for an omitted optional input), then of the values that the node's inner graphs capture. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Cotangent of each output; undefined if the result does not depend on it. */
  readonly cotangents: readonly (string | undefined)[];
  /** Which inputs need a cotangent. A rule may emit others if that is cheap: unused nodes are pruned. */
  readonly wanted: readonly boolean[];
  /**
   * Appends the backward pass of an inner graph that `b` continues, with the same table of rules. Takes cotangents of its outputs, and
   * returns those of `wrt`, values that the inner graph reads or computes.
   */
  pullback(b: MathBuilder, inner: Graph, ends: InnerEnds): readonly (string | undefined)[];
  /**
   * Says that the rule computed the outputs of the node again, in the order of `outputs`: the graph takes these values, and the node is
   * removed. Present where nothing else differentiates the graph that is being made.
   */
  readonly redefine?: (values: readonly (string | undefined)[]) => void;
  /** Returns the nodes between `wrt` and this node, in topological order. */
  upstream(): readonly Node[];
  /**
   * Returns the node that makes a value between `wrt` and this node, if the table goes backward through it by the derivative. A rule may
   * then return the derivative through that node too, in place of the cotangent of the value.
   */
  maker(name: string): Node | undefined;
  /**
   * Returns the value computed with `wrt` at its baseline; the value itself if it does not depend on `wrt` or the table uses no baseline.
   */
  reference(name: string): string;
  /** Throws `op-no-gradient` for this node, because of its attributes or shapes. */
  refuse(why: string, remedy: string): never;
}

/** Ends of the backward pass through an inner graph. */
export interface InnerEnds {
  /** Cotangent of each output. */
  readonly cotangents: readonly (string | undefined)[];
  readonly wrt: readonly string[];
}

/**
 * The VJP of one operator. Appends nodes to `b` and returns the cotangent of each input, undefined for zero. `dy` is the cotangent of the
 * first output (zeros if only later outputs have one). The cotangent of a broadcast input may have the broadcast shape: the driver sums
 * over broadcast axes, and adds the cotangents of a value that several nodes read.
 */
export type Rule = (b: MathBuilder, step: RuleContext, dy: string) => readonly (string | undefined)[];

/** An operator whose derivative is zero wherever it exists, such as a comparison. */
export interface Zero {
  readonly status: 'zero';
}

/** An operator that has a derivative, which this table does not give. */
export interface Refused {
  readonly status: 'refused';
  readonly why: string;
  readonly remedy: string;
}

export type RuleEntry = Rule | Zero | Refused;

/** A rule for every operator of the canonical form. */
export type RuleEntries = Readonly<Record<Op, RuleEntry>>;

/** A table of backward rules, with what the backward pass needs besides them. */
export interface RuleTable extends RuleEntries {
  /** The expression that makes the table; absent for a user's own table. */
  readonly name?: string;
  /** Rewrites the canonical graph before differentiation. Must keep the values in `kept`. */
  readonly prepare?: (graph: Graph, kept: ReadonlySet<string>) => Graph;
  /** Returns the cotangent of the score, with which the backward pass starts; default 1. */
  readonly seed?: (b: MathBuilder, score: string) => string;
  /** Whether its rules read values at a baseline, which becomes an input of the graph. */
  readonly usesBaseline?: boolean;
}

export const zero: Zero = { status: 'zero' };

export const refused = (why: string, remedy: string): Refused => ({ status: 'refused', why, remedy });
