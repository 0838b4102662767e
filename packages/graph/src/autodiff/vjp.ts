import { builderOf } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { valuesLike } from '../builder/value-names.js';
import type { Graph } from '../ir/types.js';
import { cotangentsOf, pullback } from './driver.js';
import { finalise } from './finalise.js';
import { type GradRequest, requirePlain, resolveRequest } from './request.js';
import { requirePath } from './require-path.js';

/**
 * The graph that computes the product of a vector and the Jacobian of `of` by `wrt`: the original inputs and `cotangent`, of the
 * type and shape of `of`, in; `of` and `gradient` out, with the shape of wrt (`gradient/NAME` each when wrt has several
 * names). Nothing is assumed of rows, so that `of` may have any shape. Names that the graph has already are numbered.
 *
 * Options and errors are those of `grad`; rules that compare with a baseline are `not-applicable`.
 */
export function vjp(graph: Graph, request: GradRequest = {}): Graph {
  requirePlain('vjp', request);
  const resolved = resolveRequest(graph, request);
  const { graph: source, ends } = resolved;
  const known = builderOf(source);
  const path = requirePath(source, ends, known);
  const [cotangent] = valuesLike(known, source, { label: 'cotangent', of: [ends.of] });
  const inputs = [...source.inputs, cotangent];
  const b = mathBuilder(builderOf({ ...source, inputs }));
  const found = pullback(b, path, new Map([[ends.of, cotangent.name]]));
  return finalise(b, resolved, {
    inputs,
    kept: [ends.of],
    results: [{ label: 'gradient', values: cotangentsOf(b, ends.wrt, found), like: ends.wrt }],
  });
}
