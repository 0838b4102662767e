import type { Ask } from './ask.js';
import { builderOf } from './build.js';
import { requireRules } from './coverage.js';
import { finish, labelsOf, record } from './finish.js';
import { differentiated, outputOf, requirePlain } from './grad.js';
import { wayOf } from './path.js';
import { pullback, seedsOf } from './pullback.js';
import { calculus } from './rules/calculus.js';
import type { Graph, Value } from './types.js';

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
export function hvp(graph: Graph, ask: Ask = {}): Graph {
  requirePlain('hvp', ask);
  const { b: first, source, ends, lifted, gradients } = differentiated(graph, ask);
  const vectors = labelsOf(source, 'vector', ends.wrt);
  const inputs: readonly Value[] = [
    ...source.inputs,
    ...vectors.map((name, i) => ({ name, ...first.type(ends.wrt[i]) })),
  ];
  const once = first.build(source.outputs, inputs);
  const b = calculus(builderOf(once));
  const seeds = seedsOf(
    b,
    gradients.map((name, i) => [name, vectors[i]] as const),
  );
  const way = { from: ends.wrt, to: [...seeds.keys()], rules: ends.rules, typeOf: b.typeOf };
  const path = wayOf(once.nodes, way);
  requireRules(once, path);
  const found = pullback(b, path, seeds);
  const results = (base: string, values: readonly string[]) =>
    labelsOf(source, base, ends.wrt).map((name, i) => ({ name, value: values[i], like: ends.wrt[i] }));
  return finish(b, {
    inputs,
    kept: [outputOf(source, ends.of)],
    results: [
      ...results('gradient', gradients),
      ...results(
        'product',
        ends.wrt.map((name) => found.get(name) ?? b.zeros(name)),
      ),
    ],
    lifted,
    metadata: { ...graph.metadata, ...record(ends) },
  });
}
