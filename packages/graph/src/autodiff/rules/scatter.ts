import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { addAt } from './add-at.js';
import type { Rule, RuleContext } from './rule.js';

/** Puts updates into data by one operator, and reads them back by its partner, at the node's own places. */
interface Places {
  put(data: string, updates: string, how: string): string;
  add(data: string, updates: string): string;
  take(data: string): string;
}

/** ScatterElements with every reduction. */
export const scatterElements: Rule = (b, step, dy) => {
  const [, indices] = step.inputs;
  const axis = attr.int(attributesOf(step.node, 'ScatterElements').axis);
  return scatter(b, step, {
    dy,
    put: (data, updates, how) =>
      b.emit('ScatterElements', [data, indices, updates], { axis, reduction: attr.string(how) }),
    add: (data, updates) =>
      addAt(b, 'ScatterElements', {
        data,
        indices,
        updates,
        axis: attributesOf(step.node, 'ScatterElements').axis,
      }),
    take: (data) => b.emit('GatherElements', [data, indices], { axis }),
  });
};

/** ScatterND with every reduction. */
export const scatterNd: Rule = (b, step, dy) => {
  const [, indices] = step.inputs;
  return scatter(b, step, {
    dy,
    put: (data, updates, how) =>
      b.emit('ScatterND', [data, indices, updates], { reduction: attr.string(how) }),
    add: (data, updates) => addAt(b, 'ScatterND', { data, indices, updates }),
    take: (data) => b.emit('GatherND', [data, indices]),
  });
};

type Given = Places & { readonly dy: string };

function scatter(b: MathBuilder, step: RuleContext, given: Given) {
  const reduction = attributesOf(step.node, 'ScatterElements', 'ScatterND').reduction;
  if (reduction === 'mul') return multiplied(b, step, given);
  if (reduction === 'max' || reduction === 'min') return extreme(b, step, given);
  const { put, take, dy } = given;
  const [, , updates] = step.inputs;
  return [reduction === 'add' ? dy : put(dy, b.zeros(updates), 'none'), undefined, take(dy)];
}

/** The tied extremes of a place, the data among them, share its cotangent equally. */
function extreme(
  b: MathBuilder,
  { inputs: [data, , updates], outputs: [y] }: RuleContext,
  { dy, add, take }: Given,
) {
  const kept = b.mask(b.compare('Equal', data, y), dy);
  const arrived = b.mask(b.compare('Equal', updates, take(y)), dy);
  const part = b.div(dy, add(kept, arrived));
  return [b.mul(part, kept), undefined, b.mul(take(part), arrived)];
}

/**
 * y = data * product of updates. An update's cotangent is dy times the product of everything else at its place: y / update, and where
 * it is the only zero there, the product without it.
 */
function multiplied(
  b: MathBuilder,
  { inputs: [data, , updates], outputs: [y] }: RuleContext,
  { dy, put, add, take }: Given,
) {
  const isZero = b.compare('Equal', updates, 0);
  const zeros = add(b.zeros(data), b.mask(isZero, dy));
  const alone = b.emit('And', [isZero, b.compare('Equal', take(zeros), 1)]);
  const without = take(put(data, b.where(alone, 1, updates), 'mul'));
  const others = b.where(alone, without, b.div(take(y), b.where(isZero, 1, updates)));
  const factor = put(b.ones(data), updates, 'mul');
  return [b.mul(dy, factor), undefined, b.mul(take(dy), others)];
}
