import type { BackwardRules } from '@onnxplain/core';
import { type Graph, grad as gradOf } from '@onnxplain/graph';
import { givenAxes } from '../rows/batch-axis.js';
import type { Model } from './model.js';
import { openGraph } from './open.js';
import { serialise, sha256Of } from './session-source.js';

export interface GradientOptions {
  /** Output to differentiate; default: the only one. */
  readonly of?: string;
  /** Names of float inputs or inner values to differentiate by; default: the only float input. */
  readonly wrt?: string | readonly string[];
  /** Backward rules, by name or as `{ name, ...options }`, e.g. `{ name: 'lrp-gamma', gamma: 0.5 }`; default 'gradient', the derivative. */
  readonly rules?: BackwardRules;
  /** Outputs to keep beside the gradient; default `of`. */
  readonly keep?: readonly string[];
}

/**
 * Returns the model's gradient as a graph. Its inputs are those of the model plus `target` (int64, [N]) where `of` has several classes;
 * `of`
 * and `gradient` as outputs (and `baseline` as an input where the rules compare with one). Throws `name-unknown`
 * and `option-*` for rules, and what the compiler throws for operators
 * without one.
 */
export function gradientGraph(model: Model, options: GradientOptions = {}): Graph {
  return gradOf(model.graph, options);
}

/** Opens {@link gradientGraph} as a model of its own, on the same device. Close it like any other. */
export async function grad(model: Model, options: GradientOptions = {}): Promise<Model> {
  const graph = gradientGraph(model, options);
  const { device, refused, threads, spin, memory } = model;
  return openGraph(graph, {
    sha256: sha256Of(graph),
    deviceChoice: { device, refused },
    threads,
    spin,
    memory,
    givenAxes: givenAxes(undefined),
    sessionSource: () => serialise(graph),
  });
}
