import { builderOf } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { valuesLike } from '../builder/value-names.js';
import { freshNames } from '../ir/names.js';
import type { Graph, Value } from '../ir/types.js';
import { pullback, pullbackThrough } from './driver.js';
import { finalise } from './finalise.js';
import { type GradRequest, requirePlain, resolveRequest } from './request.js';
import { requirePath } from './require-path.js';
import { tables } from './tables/index.js';

/**
 * The graph that computes the product of the Jacobian of `of` by `wrt` and a vector: the change of `of` when wrt moves along
 * `tangent`. The original inputs and `tangent`, of the type and shape of wrt, in (`tangent/NAME` each when wrt has several names);
 * `of` and `derivative` out, with the shape of `of`. Names that the graph has already are numbered.
 *
 * The backward pass is linear in its cotangent; going backward through it once more transposes it. What is left of
 * the first one after pruning are masks and factors, so the cost is about that of two forward passes.
 *
 * Options and errors are those of `grad`; rules that compare with a baseline are `not-applicable`.
 */
export function jvp(graph: Graph, request: GradRequest = {}): Graph {
  requirePlain('jvp', request);
  const resolved = resolveRequest(graph, request);
  const { graph: source, ends } = resolved;
  const known = builderOf(source);
  const path = requirePath(source, ends, known);
  const tangents = valuesLike(known, source, { label: 'tangent', of: ends.wrt });
  const cotangent: Value = { name: freshNames(source)('cotangent'), ...known.type(ends.of) };
  const inputs = [...source.inputs, ...tangents];
  const b = mathBuilder(builderOf({ ...source, inputs: [...inputs, cotangent] }));
  const zeros = b.zeros(ends.of);
  const found = pullback(b, path, new Map([[ends.of, cotangent.name]]));
  const products = ends.wrt.flatMap((name, i) => {
    const product = found.get(name);
    return product === undefined ? [] : [[product, tangents[i].name] as const];
  });
  const through = { from: [cotangent.name], to: products, rules: tables.gradient };
  const derivative = pullbackThrough(b, b.build([]), through).get(cotangent.name) ?? zeros;
  return finalise(b, resolved, {
    inputs,
    kept: [ends.of],
    results: [{ label: 'derivative', values: [derivative], like: [ends.of] }],
    // Only its shape may still be resolved for.
    replacements: new Map([[cotangent.name, zeros]]),
  });
}
