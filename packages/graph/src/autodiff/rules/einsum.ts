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
 * The cotangent of an operand is the einsum of dy and the other operands with the operand's labels as output. A label that only this
 * operand has was summed over: a factor of ones of its shape supplies it. A repeated label ("ii") reads a diagonal: an identity matrix
 * supplies it.
 */
export const einsum: Rule = (b, step, dy) => {
  const equation = parseEquation(attributesOf(step.node, 'Einsum').equation);
  return step.inputs.map((_, i) =>
    step.wanted[i] ? operandCotangent(b, step, { equation, dy, i }) : undefined,
  );
};

function operandCotangent(
  b: MathBuilder,
  step: RuleContext,
  { equation, dy, i }: { equation: Equation; dy: string; i: number },
): string {
  const x = step.inputs[i];
  const own = distinctLabels(equation, i);
  const others = step.inputs.flatMap((name, j) => (j === i ? [] : [{ name, labels: equation.operands[j] }]));
  const terms = [{ name: dy, labels: equation.output }, ...others];
  const given = new Set(terms.map((term) => term.labels).join(''));
  for (const { label, first, axis } of own.repeats) {
    terms.push({ name: identityMatrix(b, step, { x, axis }), labels: first + label });
    given.add(label);
  }
  if ([...own.labels].some((label) => !given.has(label))) terms.push({ name: b.ones(x), labels: own.labels });
  const equationText = `${terms.map((term) => formatLabels(term.labels)).join(',')}->${formatLabels(own.labels)}`;
  return b.emit(
    'Einsum',
    terms.map((term) => term.name),
    { equation: attr.string(equationText) },
  );
}

interface Repeat {
  /** The new label of an axis, the label that it repeats, and the axis, counted from the end if an ellipsis comes before it. */
  readonly label: string;
  readonly first: string;
  readonly axis: number;
}

/** Returns the labels of operand i with every repeated label replaced by an unused one. */
function distinctLabels(
  { operands, output }: Equation,
  i: number,
): { labels: string; repeats: readonly Repeat[] } {
  const taken = new Set([...operands.join(''), ...output]);
  const seen = new Set<string>();
  const repeats: Repeat[] = [];
  const source = operands[i];
  const labels = [...source].map((first, at) => {
    if (!seen.has(first)) {
      seen.add(first);
      return first;
    }
    const label = unusedLabel(taken);
    const afterEllipsis = source.slice(0, at).includes('.');
    repeats.push({ label, first, axis: afterEllipsis ? at - source.length : at });
    return label;
  });
  return { labels: labels.join(''), repeats };
}

function unusedLabel(taken: Set<string>): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const label = [...letters].find((letter) => !taken.has(letter)) ?? '';
  taken.add(label);
  return label;
}

/** Returns an identity matrix of the size of an axis of x. */
function identityMatrix(b: MathBuilder, step: RuleContext, { x, axis }: { x: string; axis: number }): string {
  const size = b.dims(x).at(axis);
  if (typeof size !== 'number') {
    return step.refuse(
      `it takes a diagonal over an axis of unknown size (${size})`,
      'Give the inputs their sizes (--shape NAME=SIZES, in a program the option shapes of open), or cut the graph after this node.',
    );
  }
  const zeros = b.emit('Expand', [b.scalar(0, x), b.ints([size, size])]);
  return b.emit('EyeLike', [zeros]);
}

/** Parses an equation. Without "->", the output is the ellipsis and then the labels that occur once, in alphabetical order. */
function parseEquation(text: string): Equation {
  const [left, right] = text.replaceAll(/\s/g, '').replaceAll('...', '.').split('->');
  const operands = (left ?? '').split(',');
  if (right !== undefined) return { operands, output: right };
  const all = operands.join('');
  const once = [...new Set(all)].filter(
    (label) => label !== '.' && all.indexOf(label) === all.lastIndexOf(label),
  );
  return { operands, output: (all.includes('.') ? '.' : '') + once.sort().join('') };
}

const formatLabels = (labels: string): string => labels.replace('.', '...');
