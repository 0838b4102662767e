import { attr } from '../../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Graph } from '../../ir/types.js';
import { distinct } from './inner.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * Running products without division, so that zeros are no matter: an element's cotangent is the product of those before it times
 * s[i], what the products from it on make of their cotangents, s[i] = dy[i] + x[i + 1] s[i + 1]. An exclusive product at i + 1 is
 * the inclusive one at i.
 */
export const cumProd: Rule = (b, step, dy) => {
  const [x, axisInput] = step.inputs;
  const axis = axisOf(b, step);
  const before = b.emit('CumProd', [x, axisInput], { ...step.node.attributes, exclusive: attr.int(1) });
  const [carried, own] = [
    b.squeeze(b.slice(b.zeros(x), [{ axis, from: 0, to: 1 }]), [axis]),
    attr.ints([axis]),
  ];
  const { exclusive, reverse } = attributesOf(step.node, 'CumProd');
  const backward = reverse ? 0 : 1;
  const [direction, directions] = [attr.ints([backward]), attr.ints([backward, backward])];
  const [, after] = b.emitMany('Scan', [carried, x, dy], 2, {
    body: { kind: 'graph', value: recurrence(b, carried, exclusive) },
    num_scan_inputs: attr.int(2),
    scan_input_axes: attr.ints([axis, axis]),
    scan_input_directions: directions,
    scan_output_axes: own,
    scan_output_directions: direction,
  });
  return [b.mul(before, after)];
};

/** (x[i + 1] s[i + 1], x[i], dy[i]) -> (x[i] s[i], s[i]); exclusive: (s[i], x[i], dy[i]) -> (dy[i] + x[i] s[i], s[i]). */
function recurrence(b: MathBuilder, like: string, exclusive: boolean): Graph {
  const type = b.type(like);
  const inputs = ['carried', 'factor', 'cotangent'].map((hint) => ({ name: b.fresh(hint), ...type }));
  const [carried, factor, cotangent] = inputs.map(({ name }) => name);
  const inner = mathBuilder(b.inside({ inputs }));
  const sum = exclusive ? carried : inner.add(cotangent, carried);
  const next = exclusive ? inner.add(cotangent, inner.mul(factor, carried)) : inner.mul(factor, sum);
  return inner.build(distinct(inner, [next, sum]));
}

function axisOf(b: MathBuilder, { inputs: [x, axis], refuse }: RuleContext): number {
  const known = b.constantOf(axis);
  if (known === undefined)
    return refuse('its axis is computed in the graph', 'Export the model with a constant axis.');
  return (numbersOf(known)[0] + b.rank(x)) % b.rank(x);
}
