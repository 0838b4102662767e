import {
  type Attribution,
  type Explainer,
  expectShape,
  fail,
  firstNonFinite,
  type Key,
  named,
  type Score,
  type Tensor,
} from '@onnxplain/core';

/** What an explaining function finds out; the rest of an {@link Attribution} is who asked and how. */
export type Findings = Omit<Attribution, 'kind' | 'method' | 'key'>;

/** What an {@link Explainer} is known by. */
export type Identity = Pick<Explainer, 'expression' | 'kind' | 'layers' | 'control'>;

/**
 * Makes an {@link Explainer} of a function of (f, x, key): checks that x has the score's shape (`tensor-shape`) and that every
 * value found is finite (`non-finite`), and signs the result with the kind, the expression and the key.
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
