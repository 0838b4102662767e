import {
  type Attribution,
  type Explainer,
  expectShape,
  type Findings,
  fail,
  firstNonFinite,
  type Key,
  named,
  type Score,
  type Tensor,
} from '@onnxplain/core';

export type { Findings } from '@onnxplain/core';

/** What an {@link Explainer} is known by. */
type Identity = Pick<Explainer, 'expression' | 'kind' | 'layers' | 'control'>;

/**
 * Makes an {@link Explainer} of a function of (f, x, key): checks that x has the score's shape (`tensor-shape`) and that every
 * value found, and the residual, is finite (`non-finite`), and signs the result with the kind, the expression and the key.
 */
export function explainer(
  identity: Identity,
  explain: (f: Score, x: Tensor, key: Key) => Promise<Findings>,
): Explainer {
  const { expression, kind } = identity;
  const signed = async (f: Score, x: Tensor, key: Key): Promise<Attribution> => {
    expectShape(expression, x, f.shape);
    const findings = await explain(f, x, key);
    expectFinite(expression, findings.values);
    expectFiniteRest(expression, findings.residual);
    return { ...findings, kind, method: expression, key };
  };
  return named(signed, identity);
}

function expectFinite(where: string, values: Tensor): void {
  const at = firstNonFinite(values);
  if (at < 0) return;
  fail({
    code: 'non-finite',
    where,
    expected: 'finite attributions',
    got: `${values.data[at]} at element ${at}`,
    remedy:
      'Look at the score there: its value or its gradient is not finite on the inputs this explainer evaluates.',
  });
}

/** A residual that is no number tells that the difference that the values share out is none. */
function expectFiniteRest(where: string, residual: number | undefined): void {
  if (residual === undefined || Number.isFinite(residual)) return;
  fail({
    code: 'non-finite',
    where,
    expected: 'a finite residual',
    got: `${residual}`,
    remedy: 'Look at the score: it is not finite at the input or at the baseline.',
  });
}

/**
 * Refuses a difference f(x) - f(baseline) to share out that is no number, such as that of a logarithm at a baseline of 0:
 * `non-finite`.
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
