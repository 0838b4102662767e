import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Rule, RuleContext } from './rule.js';
import { scatterAdd } from './scatter-add.js';

/** Scatter and gather with the indices of the node. */
interface ScatterOperators {
  scatter(data: string, updates: string, reduction: string): string;
  scatterAdd(data: string, updates: string): string;
  gather(data: string): string;
}

/** Backward rule of ScatterElements with any reduction. */
export const scatterElements: Rule = (b, step, dy) => {
  const [, indices] = step.inputs;
  const axis = attr.int(attributesOf(step.node, 'ScatterElements').axis);
  return scatterBackward(b, step, {
    dy,
    scatter: (data, updates, reduction) =>
      b.emit('ScatterElements', [data, indices, updates], { axis, reduction: attr.string(reduction) }),
    scatterAdd: (data, updates) =>
      scatterAdd(b, 'ScatterElements', {
        data,
        indices,
        updates,
        axis: attributesOf(step.node, 'ScatterElements').axis,
      }),
    gather: (data) => b.emit('GatherElements', [data, indices], { axis }),
  });
};

/** Backward rule of ScatterND with any reduction. */
export const scatterNd: Rule = (b, step, dy) => {
  const [, indices] = step.inputs;
  return scatterBackward(b, step, {
    dy,
    scatter: (data, updates, reduction) =>
      b.emit('ScatterND', [data, indices, updates], { reduction: attr.string(reduction) }),
    scatterAdd: (data, updates) => scatterAdd(b, 'ScatterND', { data, indices, updates }),
    gather: (data) => b.emit('GatherND', [data, indices]),
  });
};

type ScatterRuleInputs = ScatterOperators & { readonly dy: string };

/** 'add': d data = dy, d updates = gather(dy). 'none': the same, but d data is 0 at the indices. */
function scatterBackward(b: MathBuilder, step: RuleContext, given: ScatterRuleInputs) {
  const reduction = attributesOf(step.node, 'ScatterElements', 'ScatterND').reduction;
  if (reduction === 'mul') return productBackward(b, step, given);
  if (reduction === 'max' || reduction === 'min') return extremum(b, step, given);
  const { scatter, gather, dy } = given;
  const [, , updates] = step.inputs;
  return [reduction === 'add' ? dy : scatter(dy, b.zeros(updates), 'none'), undefined, gather(dy)];
}

/** 'max' and 'min': divides the cotangent of an element equally among the updates and the data that equal it. */
function extremum(
  b: MathBuilder,
  { inputs: [data, , updates], outputs: [y] }: RuleContext,
  { dy, scatterAdd: add, gather }: ScatterRuleInputs,
) {
  const kept = b.mask(b.compare('Equal', data, y), dy);
  const updated = b.mask(b.compare('Equal', updates, gather(y)), dy);
  const part = b.div(dy, add(kept, updated));
  return [b.mul(part, kept), undefined, b.mul(gather(part), updated)];
}

/**
 * 'mul': y = data times the product of the updates u of an element. d data = dy times the product of u. du = dy times the product of all
 * other factors, which is y / u if u is not 0. If u is the only update that is 0, it is the product with u replaced by 1.
 */
function productBackward(
  b: MathBuilder,
  { inputs: [data, , updates], outputs: [y] }: RuleContext,
  { dy, scatter, scatterAdd: add, gather }: ScatterRuleInputs,
) {
  const isZero = b.compare('Equal', updates, 0);
  const zeros = add(b.zeros(data), b.mask(isZero, dy));
  const isOnlyZero = b.emit('And', [isZero, b.compare('Equal', gather(zeros), 1)]);
  const without = gather(scatter(data, b.where(isOnlyZero, 1, updates), 'mul'));
  const others = b.where(isOnlyZero, without, b.div(gather(y), b.where(isZero, 1, updates)));
  const factor = scatter(b.ones(data), updates, 'mul');
  return [b.mul(dy, factor), undefined, b.mul(gather(dy), others)];
}
