import { builderOf } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { valuesLike } from '../builder/value-names.js';
import type { Graph } from '../ir/types.js';
import { cotangentsOf, differentiate, pullbackThrough } from './driver.js';
import { finalise } from './finalise.js';
import { type GradRequest, requirePlain } from './request.js';

/**
 * The graph that computes the product of the Hessian of `of` by `wrt` and a vector, without the Hessian: the inputs of `grad` (with
 * its `target` where `of` has several entries a row) and `vector`, of the type and shape of wrt, in; `of`, `gradient` and
 * `product` out, both with the shape of wrt. When wrt has several names there are `vector/NAME`, `gradient/NAME` and
 * `product/NAME` of each, of the joint Hessian. Names that the graph has already are numbered.
 *
 * Rows are taken to be independent, as in `grad`. Where a gradient is constant the product is 0, which is no error: a
 * network of rectifiers is piecewise linear.
 *
 * Options and errors are those of `grad`; rules that compare with a baseline are `not-applicable`.
 */
export function hvp(graph: Graph, request: GradRequest = {}): Graph {
  requirePlain('hvp', request);
  const first = differentiate(graph, request, { mayRedefine: false });
  const { graph: source, ends, gradients } = first;
  const { wrt, rules } = ends;
  const vectors = valuesLike(first.b, source, { label: 'vector', of: wrt });
  const inputs = [...source.inputs, ...vectors];
  const once = first.b.build(source.outputs, inputs);
  const b = mathBuilder(builderOf(once));
  const to = gradients.map((name, i) => [name, vectors[i].name] as const);
  const products = cotangentsOf(b, wrt, pullbackThrough(b, once, { from: wrt, to, rules }));
  return finalise(b, first, {
    inputs,
    kept: [ends.of],
    results: [
      { label: 'gradient', values: gradients, like: wrt },
      { label: 'product', values: products, like: wrt },
    ],
  });
}
