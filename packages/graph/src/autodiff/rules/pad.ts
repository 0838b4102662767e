import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import { scatterAxis } from './indexing.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * Constant padding: dx is dy without the padding, and the constant gets the sum of dy over the padding. The other modes copy elements
 * (reflected, repeated, wrapped): dx adds the cotangents of all copies of an element.
 */
export const pad: Rule = (b, step, dy) => {
  if (attributesOf(step.node, 'Pad').mode !== 'constant') return [scatterCopies(b, step, dy)];
  const inner = cropPads(b, step, dy);
  const value = step.inputs[2];
  if (!value || !step.wanted[2]) return [inner];
  const total = (x: string) => b.emit('ReduceSum', [x], { keepdims: attr.int(0) });
  return [inner, undefined, b.reshapeLike(b.sub(total(dy), total(inner)), value)];
};

/** Returns the padded axes: those of the optional fourth input, all by default. */
function paddedAxes(b: MathBuilder, { inputs: [x, , , axes], refuse }: RuleContext): readonly number[] {
  const rank = b.rank(x);
  if (!axes) return b.others(x, []);
  const known = b.constantOf(axes);
  if (known === undefined)
    return refuse('its axes are computed in the graph', 'Export the model with constant axes.');
  return Array.from(numbersOf(known), (axis) => (axis + rank) % rank);
}

/** Crops the padding from dy and pads with zeros where pads are negative: those elements of x were cropped. */
function cropPads(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x, pads] = step.inputs;
  const axes = paddedAxes(b, step);
  const known = b.constantOf(pads);
  if (known === undefined) {
    const optional = step.inputs[3] ? ['', step.inputs[3]] : [];
    return b.emit('Pad', [dy, b.neg(pads), ...optional], { mode: attr.string('constant') });
  }
  const given = Array.from(numbersOf(known));
  const amounts = axes.map((axis, i) => ({ axis, before: given[i], after: given[i + axes.length] }));
  const spans = amounts
    .filter(({ before, after }) => before > 0 || after > 0)
    .map(({ axis, before, after }) => ({
      axis,
      from: Math.max(0, before),
      to: after > 0 ? -after : 2 ** 31,
    }));
  const margin = (size: (amount: (typeof amounts)[number]) => number) =>
    b.others(x, []).map((axis) => {
      const amount = amounts.find((one) => one.axis === axis);
      return amount === undefined ? 0 : Math.max(0, -size(amount));
    });
  return b.pad(
    b.slice(dy, spans),
    margin(({ before }) => before),
    margin(({ after }) => after),
  );
}

/** For modes that copy elements: pads 0, 1, 2, ... along each axis in the same mode, which gives the source index of every element. */
function scatterCopies(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x, pads] = step.inputs;
  const axes = paddedAxes(b, step);
  return axes.reduceRight((d, axis, i) => {
    const pick = (at: number) => b.slice(pads, [{ axis: 0, from: at, to: at + 1 }]);
    const amount = b.concat([pick(i), pick(i + axes.length)], 0);
    const known = b.constantOf(amount);
    if (known !== undefined && numbersOf(known).every((size) => size === 0)) return d;
    const indices = b.emit('Pad', [positionsAlong(b, x, axis), amount], {
      mode: attr.string(attributesOf(step.node, 'Pad').mode),
    });
    return scatterAxis(b, d, { axis, indices, size: { of: x, axis } });
  }, dy);
}
