import type { Graph } from '../ir/types.js';
import { differentiate } from './driver.js';
import { finalise } from './finalise.js';
import type { GradRequest } from './request.js';

export interface GradOptions extends GradRequest {
  /** Outputs to keep beside the gradient; `score` is the selected one. Default: `of`. */
  readonly keep?: readonly string[];
}

/**
 * The graph that computes d of / d wrt: the original inputs, the outputs in `keep`, and `gradient` with the shape of wrt
 * (`gradient/NAME` each when wrt has several names). It is an ordinary graph, so it can be differentiated again.
 *
 * Rows of `of` are taken to be independent: with one number a row ([N]), or one in all, each row's gradient is its own. Any other
 * output gets an input `target` (int64, [N]) that picks the entry of each row to differentiate (`select`). A
 * constant's gradient is summed over the rows. Names that the graph has already are numbered.
 *
 * Throws `op-unknown` or `op-no-gradient` for a node on the way without a rule (`coverage` lists them beforehand),
 * `no-gradient` when `of` does not depend on wrt, `output-unclear`, `value-unknown`, `type-mismatch` for what cannot be asked,
 * `not-applicable` for a constant of a gradient graph that the first derivative was not taken by.
 */
export function grad(graph: Graph, options: GradOptions = {}): Graph {
  const found = differentiate(graph, options, { mayRedefine: true });
  const { ends, gradients } = found;
  return finalise(found.b, found, {
    inputs: found.graph.inputs,
    kept: options.keep ?? [ends.of],
    results: [{ label: 'gradient', values: gradients, like: ends.wrt }],
    redefined: found.redefined,
  });
}
