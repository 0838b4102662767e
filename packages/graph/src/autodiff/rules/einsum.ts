import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Rule, RuleContext } from './rule.js';

/** An Einsum equation: the labels of each operand and of the output; '.' stands for the ellipsis. */
interface Equation {
  readonly operands: readonly string[];
  readonly output: string;
}

/**
 * d operand = einsum of dy and the other operands, with the operand's labels as output. Labels that only the operand
 * has are supplied by a tensor of ones of its shape, repeated ones ("ii") by an identity matrix.
 */
export const einsum: Rule = (b, step, dy) => {
  const equation = parse(attributesOf(step.node, 'Einsum').equation);
  return step.inputs.map((_, i) => (step.wanted[i] ? cotangent(b, step, { equation, dy, i }) : undefined));
};

function cotangent(
  b: MathBuilder,
  step: RuleContext,
  { equation, dy, i }: { equation: Equation; dy: string; i: number },
): string {
  const x = step.inputs[i];
  const own = distinct(equation, i);
  const others = step.inputs.flatMap((name, j) => (j === i ? [] : [{ name, labels: equation.operands[j] }]));
  const terms = [{ name: dy, labels: equation.output }, ...others];
  const given = new Set(terms.map((term) => term.labels).join(''));
  for (const { label, first, axis } of own.repeats) {
    terms.push({ name: identity(b, step, { x, axis }), labels: first + label });
    given.add(label);
  }
  if ([...own.labels].some((label) => !given.has(label))) terms.push({ name: b.ones(x), labels: own.labels });
  const spelled = `${terms.map((term) => spell(term.labels)).join(',')}->${spell(own.labels)}`;
  return b.emit(
    'Einsum',
    terms.map((term) => term.name),
    { equation: attr.string(spelled) },
  );
}

interface Repeat {
  /** The new label of an axis, the label it repeats, and the axis counted from the end after an ellipsis. */
  readonly label: string;
  readonly first: string;
  readonly axis: number;
}

/** An operand's labels with each repetition renamed. */
function distinct({ operands, output }: Equation, i: number): { labels: string; repeats: readonly Repeat[] } {
  const taken = new Set([...operands.join(''), ...output]);
  const seen = new Set<string>();
  const repeats: Repeat[] = [];
  const source = operands[i];
  const labels = [...source].map((first, at) => {
    if (!seen.has(first)) {
      seen.add(first);
      return first;
    }
    const label = freeLabel(taken);
    const afterEllipsis = source.slice(0, at).includes('.');
    repeats.push({ label, first, axis: afterEllipsis ? at - source.length : at });
    return label;
  });
  return { labels: labels.join(''), repeats };
}

function freeLabel(taken: Set<string>): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const label = [...letters].find((letter) => !taken.has(letter)) ?? '';
  taken.add(label);
  return label;
}

/** Identity matrix of the size of an axis of x. */
function identity(b: MathBuilder, step: RuleContext, { x, axis }: { x: string; axis: number }): string {
  const size = b.dims(x).at(axis);
  if (typeof size !== 'number') {
    return step.refuse(
      `it takes a diagonal over an axis of unknown size (${size})`,
      'Give the model a fixed size there, or cut the graph after this node.',
    );
  }
  const zeros = b.emit('Expand', [b.scalar(0, x), b.ints([size, size])]);
  return b.emit('EyeLike', [zeros]);
}

/** "ij, jk" means "ij,jk->ik": the labels that occur once, in order, after the ellipsis. */
function parse(text: string): Equation {
  const [left, right] = text.replaceAll(/\s/g, '').replaceAll('...', '.').split('->');
  const operands = (left ?? '').split(',');
  if (right !== undefined) return { operands, output: right };
  const all = operands.join('');
  const once = [...new Set(all)].filter(
    (label) => label !== '.' && all.indexOf(label) === all.lastIndexOf(label),
  );
  return { operands, output: (all.includes('.') ? '.' : '') + once.sort().join('') };
}

const spell = (labels: string): string => labels.replace('.', '...');
