import { type Ask, question } from './ask.js';
import { builderOf } from './build.js';
import { requireRules } from './coverage.js';
import { finish, labelsOf, record } from './finish.js';
import { outputOf, requirePath, requirePlain } from './grad.js';
import { namer, namesIn } from './names.js';
import { wayOf } from './path.js';
import { pullback, seedsOf } from './pullback.js';
import { type Calculus, calculus } from './rules/calculus.js';
import { tables } from './tables/index.js';
import type { Graph, Value } from './types.js';

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
export function jvp(graph: Graph, ask: Ask = {}): Graph {
  requirePlain('jvp', ask);
  const { graph: source, ends, lifted } = question(graph, ask);
  const known = builderOf(source);
  const path = requirePath(source, ends, known);
  const of = outputOf(source, ends.of);
  const fresh = namer(namesIn(source));
  const tangents = labelsOf(source, 'tangent', ends.wrt);
  const cotangent: Value = { name: fresh('cotangent'), ...known.type(of.name) };
  const inputs: readonly Value[] = [
    ...source.inputs,
    ...tangents.map((name, i) => ({ name, ...known.type(ends.wrt[i]) })),
  ];
  const b = calculus(builderOf({ ...source, inputs: [...inputs, cotangent] }));
  const zeros = b.zeros(of.name);
  const found = pullback(b, path, new Map([[of.name, cotangent.name]]));
  const products = ends.wrt.flatMap((name, i) => {
    const product = found.get(name);
    return product === undefined ? [] : [[product, tangents[i]] as const];
  });
  const derivative = transposed(b, products, cotangent.name) ?? zeros;
  const [name] = labelsOf(source, 'derivative', [of.name]);
  return finish(b, {
    inputs,
    kept: [of],
    results: [{ name, value: derivative, like: of.name }],
    lifted,
    metadata: { ...graph.metadata, ...record(ends) },
    // Only its shape may still be asked for.
    standIns: new Map([[cotangent.name, zeros]]),
  });
}

/** The cotangent of a value that products were made of linearly. */
function transposed(
  b: Calculus,
  products: readonly (readonly [product: string, tangent: string])[],
  from: string,
): string | undefined {
  const seeds = seedsOf(b, products);
  const graph = b.build([]);
  const way = { from: [from], to: [...seeds.keys()], rules: tables.gradient, typeOf: b.typeOf };
  const path = wayOf(graph.nodes, way);
  requireRules(graph, path);
  return pullback(b, path, seeds).get(from);
}
