import { describe, expect, it } from 'vitest';
import { OPS, type Op, tables } from '../src/index.js';
import { floatInputs, floatOutputs } from './central-differences.js';
import { expectDerivatives } from './expect-derivatives.js';
import { sample, scalar } from './samples/make.js';
import { type Sample, samples } from './samples.js';

/** Smooth samples of operators of which the list has none. */
const more: Partial<Record<Op, readonly Sample[]>> = {
  Range: [sample('Range', [scalar(1.2), { fixed: scalar(4) }, scalar(0.9)], { note: 'floats' })],
};

/** x / (1 + |x|) has no second derivative at 0, so that differences converge to the first one only as fast as their step. */
const isSmooth = (op: Op, { smooth, note }: Sample): boolean =>
  smooth && !(op === 'Softsign' && note === 'at 0');

const hasRule = (op: Op): boolean => typeof tables.gradient[op] === 'function';

const differentiable = (sample: Sample): boolean =>
  floatOutputs(sample.graph).length > 0 && floatInputs(sample.graph).length > 0;

describe.each(OPS.filter(hasRule))('the rule of %s', (op) => {
  const list = [...samples[op](), ...(more[op] ?? [])].filter(differentiable);

  it('is tried on at least one sample where it is smooth', () => {
    expect(list.filter((one) => isSmooth(op, one)).length).toBeGreaterThan(0);
  });

  it.each(list.map((sample, i) => [`${i} ${sample.note}`, sample] as const))(
    'agrees with differences, once and twice: sample %s',
    (_, one) => expectDerivatives(one, isSmooth(op, one)),
  );
});
