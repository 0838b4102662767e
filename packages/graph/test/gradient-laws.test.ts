import { describe, expect, it } from 'vitest';
import { OPS, type Op, tables } from '../src/index.js';
import { floatInputs, floatOutputs } from './derivative.js';
import { expectDerivatives } from './expect-derivatives.js';
import { sample, scalar } from './samples/make.js';
import { type Sample, samples } from './samples.js';

/** Samples that the interpreter's list has no smooth one of. */
const more: Partial<Record<Op, readonly Sample[]>> = {
  Range: [sample('Range', [scalar(1.2), { fixed: scalar(4) }, scalar(0.9)], { note: 'floats' })],
};

/** x / (1 + |x|) at 0 has one derivative only, and differences come near it no faster than their step. */
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
