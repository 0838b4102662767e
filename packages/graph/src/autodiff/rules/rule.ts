import type { MathBuilder } from '../../builder/math-builder.js';
import type { Op } from '../../ir/ops.js';
import type { Graph, Node } from '../../ir/types.js';

/** One node of the forward graph as its backward rule sees it. */
export interface RuleContext {
  readonly node: Node;
  /** Names of the input values, '' where an optional one is left out, then of what the node's inner graphs capture. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Cotangent of each output; undefined where nothing that matters depends on it. */
  readonly cotangents: readonly (string | undefined)[];
  /** Which inputs need a cotangent. Cheap ones may be made regardless: what nobody uses is pruned. */
  readonly wanted: readonly boolean[];
  /**
   * Goes backward through an inner graph that `b` continues: cotangents of its outputs in, those of `wrt` (values that it reads or
   * makes) out. The node's own table of rules applies.
   */
  pullback(b: MathBuilder, inner: Graph, ends: InnerEnds): readonly (string | undefined)[];
  /** The nodes between `wrt` and this one, in order. */
  upstream(): readonly Node[];
  /** The same value with `wrt` at its baseline; itself where the table asks for no baseline or `wrt` is not in it. */
  reference(name: string): string;
  /** Refuses this one node, for a reason that lies in its attributes or shapes. */
  refuse(why: string, remedy: string): never;
}

/** Where to start and what to find in an inner graph. */
export interface InnerEnds {
  /** Of each of its outputs. */
  readonly cotangents: readonly (string | undefined)[];
  readonly wrt: readonly string[];
}

/**
 * Cotangents of the outputs in, cotangents of the inputs out (undefined: the derivative is zero). `dy` is the cotangent of the
 * first output (zeros when only later outputs have one). A rule is pure: it appends nodes through `b` and returns names. It may give
 * an input the cotangent of what the input was broadcast to; it does not think about accumulation.
 */
export type Rule = (b: MathBuilder, step: RuleContext, dy: string) => readonly (string | undefined)[];

/** The derivative is zero wherever it exists: integers, comparisons, steps. */
export interface Zero {
  readonly status: 'zero';
}

/** There is a derivative, but this table does not give it. */
export interface Refused {
  readonly status: 'refused';
  readonly why: string;
  readonly remedy: string;
}

export type RuleEntry = Rule | Zero | Refused;

/** A row for every operator of the canonical form. */
export type RuleEntries = Readonly<Record<Op, RuleEntry>>;

/** A backward pass: what every operator does to a cotangent, and what it needs beside the graph. */
export interface RuleTable extends RuleEntries {
  /** The expression that makes it again; absent for a table that nobody else knows. */
  readonly name?: string;
  /** Rewrites the canonical graph first. Values in `kept` must stay. */
  readonly prepare?: (graph: Graph, kept: ReadonlySet<string>) => Graph;
  /** The cotangent that a score of each row begins with; default: 1. */
  readonly seed?: (b: MathBuilder, score: string) => string;
  /** Its rules compare with a baseline, which becomes an input of the graph. */
  readonly usesBaseline?: boolean;
}

export const zero: Zero = { status: 'zero' };

export const refused = (why: string, remedy: string): Refused => ({ status: 'refused', why, remedy });
