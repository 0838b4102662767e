import type { Coverage, Lookup, NotFinite } from '@onnxplain/graph';
import type { GraphMeaning, Port } from '@onnxplain/runtime';
import type { BatchAxes } from './batch-lines.js';
import type { Failure } from './failure.js';

/** The result of `inspect`. */
export interface Inspection {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly parameters: number;
  /** The constants of the file that hold numbers that are not finite, with how many; absent where there are none. */
  readonly notFinite?: readonly NotFinite[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** How the rows of a batch are run: see `Model.batch`. */
  readonly batch: string;
  /** One for each float output and each float input; in models without float inputs, for each float output and each embedding. */
  readonly batchAxes: readonly BatchAxes[];
  readonly device: string;
  readonly ops: Readonly<Record<string, number>>;
  /** The embeddings that integer inputs look up: the values by which the outputs of such models can be differentiated. */
  readonly embeddings: readonly Lookup[];
  /** What each float output holds, by the graph alone. (`explain` also runs the model to find out.) */
  readonly meanings: readonly GraphMeaning[];
  /** One for each float output, by each float input, or by each embedding in models without, or by each value of --wrt. */
  readonly gradients: readonly GradientCoverage[];
  /** The outputs of all nodes, in order, without those whose type is not known; absent without the flag --values. */
  readonly values?: readonly InnerValue[];
}

/** A value inside the model. Its name is what --output, --wrt and the layers of explainers take. */
export interface InnerValue extends Port {
  readonly op: string;
}

export interface GradientCoverage {
  readonly of: string;
  /** The value by which `of` is differentiated; absent: the only float input. */
  readonly wrt?: string;
  /** How many nodes are between `wrt` and `of`. */
  readonly nodes: number;
  /** Those of them that have no backward rule; empty where the gradient can be computed. */
  readonly missing: readonly Coverage[];
  /** Why this gradient is 0 for every input; absent where it is not known to be 0. */
  readonly flat?: string;
  /** Nodes before this output that draw random numbers; absent where there are none. */
  readonly random?: readonly string[];
  /** The value of which a Softmax or Sigmoid makes this output. */
  readonly logits?: string;
  /** Why `grad` refuses it, where no node that lacks a rule is the reason. */
  readonly failure?: Pick<Failure, 'code' | 'message'>;
}
