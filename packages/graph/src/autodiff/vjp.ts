import { builderOf } from '../builder/build.js';
import { calculus } from '../builder/calculus.js';
import { companions } from '../builder/labels.js';
import type { Graph } from '../ir/types.js';
import { type Ask, question, requirePlain } from './ask.js';
import { cotangentsOf, pullback } from './driver.js';
import { finish } from './finish.js';
import { requirePath } from './require-path.js';

/**
 * The graph that computes the product of a vector and the Jacobian of `of` by `wrt`: the original inputs and `cotangent`, of the
 * type and shape of `of`, in; `of` and `gradient` out, with the shape of wrt (`gradient/NAME` each when wrt has several
 * names). Nothing is assumed of rows, so that `of` may have any shape. Names that the graph has already are numbered.
 *
 * Options and errors are those of `grad`; rules that compare with a baseline are `not-applicable`.
 */
export function vjp(graph: Graph, ask: Ask = {}): Graph {
  requirePlain('vjp', ask);
  const asked = question(graph, ask);
  const { graph: source, ends } = asked;
  const known = builderOf(source);
  const path = requirePath(source, ends, known);
  const [cotangent] = companions(known, source, { label: 'cotangent', of: [ends.of] });
  const inputs = [...source.inputs, cotangent];
  const b = calculus(builderOf({ ...source, inputs }));
  const found = pullback(b, path, new Map([[ends.of, cotangent.name]]));
  return finish(b, asked, {
    inputs,
    kept: [ends.of],
    results: [{ label: 'gradient', values: cotangentsOf(b, ends.wrt, found), like: ends.wrt }],
  });
}
