import { fail } from '@onnxplain/core';

/**
 * Refuses a change f(x) - f(baseline) that is not finite, such as that of a logarithm at a baseline of 0: it cannot be shared out among the
 * elements. Throws `non-finite`.
 */
export function expectFiniteEnds(where: string, { atX, atStart }: { atX: number; atStart: number }): void {
  if (Number.isFinite(atX) && Number.isFinite(atStart)) return;
  fail({
    code: 'non-finite',
    where,
    expected: 'a finite f at the input and at the baseline',
    got: `f(x) = ${atX}, f(baseline) = ${atStart}`,
    remedy: Number.isFinite(atX)
      ? 'Choose a baseline at which the model has a number: baseline=NUMBER, or a .npy file.'
      : 'Look at the input: the model has no number there.',
  });
}
