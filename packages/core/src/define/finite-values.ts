import { fail } from '../error.js';
import { firstNonFinite, type Tensor } from '../tensor/tensor.js';

/** Refuses values of an explanation that are not finite, with `non-finite`. `where` is the expression of the explainer. */
export function expectFiniteValues(where: string, values: Tensor): void {
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
