import { type Ask, question } from './ask.js';
import { builderOf } from './build.js';
import { finish, labelsOf, record } from './finish.js';
import { outputOf, requirePath, requirePlain } from './grad.js';
import { pullback } from './pullback.js';
import { calculus } from './rules/calculus.js';
import type { Graph, Value } from './types.js';

/**
 * The graph that computes the product of a vector and the Jacobian of `of` by `wrt`: the original inputs and `cotangent`, of the
 * type and shape of `of`, in; `of` and `gradient` out, with the shape of wrt (`gradient/NAME` each when wrt has several
 * names). Nothing is assumed of rows, so that `of` may have any shape. Names that the graph has already are numbered.
 *
 * Options and errors are those of `grad`; rules that compare with a baseline are `not-applicable`.
 */
export function vjp(graph: Graph, ask: Ask = {}): Graph {
  requirePlain('vjp', ask);
  const { graph: source, ends, lifted } = question(graph, ask);
  const known = builderOf(source);
  const path = requirePath(source, ends, known);
  const of = outputOf(source, ends.of);
  const [cotangent] = labelsOf(source, 'cotangent', [of.name]);
  const inputs: readonly Value[] = [...source.inputs, { name: cotangent, ...known.type(of.name) }];
  const b = calculus(builderOf({ ...source, inputs }));
  const found = pullback(b, path, new Map([[of.name, cotangent]]));
  const names = labelsOf(source, 'gradient', ends.wrt);
  return finish(b, {
    inputs,
    kept: [of],
    results: names.map((name, i) => {
      const like = ends.wrt[i];
      return { name, value: found.get(like) ?? b.zeros(like), like };
    }),
    lifted,
    metadata: { ...graph.metadata, ...record(ends) },
  });
}
