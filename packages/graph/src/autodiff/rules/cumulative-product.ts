import { attr } from '../../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Graph } from '../../ir/types.js';
import { distinctOutputs } from './inner.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * For y[i] = x[0] ... x[i]: dx[i] = x[0] ... x[i - 1] s[i] with s[i] = dy[i] + x[i + 1] s[i + 1]. The rule divides by nothing, so that
 * zeros in x do no harm. For exclusive products, y[i + 1] = x[0] ... x[i], so that s[i] = dy[i + 1] + x[i + 1] s[i + 1].
 */
export const cumProd: Rule = (b, step, dy) => {
  const [x, axisInput] = step.inputs;
  const axis = axisOf(b, step);
  const before = b.emit('CumProd', [x, axisInput], { ...step.node.attributes, exclusive: attr.int(1) });
  const [carried, outputAxes] = [
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
    scan_output_axes: outputAxes,
    scan_output_directions: direction,
  });
  return [b.mul(before, after)];
};

/**
 * One step of the Scan: (x[i + 1] s[i + 1], x[i], dy[i]) -> (x[i] s[i], s[i]). Exclusive: (s[i], x[i], dy[i]) -> (dy[i] + x[i] s[i], s[i]).
 */
function recurrence(b: MathBuilder, like: string, exclusive: boolean): Graph {
  const type = b.type(like);
  const inputs = ['carried', 'factor', 'cotangent'].map((hint) => ({ name: b.fresh(hint), ...type }));
  const [carried, factor, cotangent] = inputs.map(({ name }) => name);
  const inner = mathBuilder(b.inside({ inputs }));
  const sum = exclusive ? carried : inner.add(cotangent, carried);
  const next = exclusive ? inner.add(cotangent, inner.mul(factor, carried)) : inner.mul(factor, sum);
  return inner.build(distinctOutputs(inner, [next, sum]));
}

function axisOf(b: MathBuilder, { inputs: [x, axis], refuse }: RuleContext): number {
  const known = b.constantOf(axis);
  if (known === undefined)
    return refuse('its axis is computed in the graph', 'Export the model with a constant axis.');
  return (numbersOf(known)[0] + b.rank(x)) % b.rank(x);
}
