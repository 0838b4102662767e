import { type Explainer, fail, featuresFor, type ModelNeed } from '@onnxplain/core';
import type { QueriedInputs } from '../query/query.js';

/**
 * Checks the classes and labels that options of explainers and metrics name, before anything runs. Throws `target-range` for a class that
 * the output does not have, and what `featuresFor` throws for labels that do not fit an input.
 */
export function expectNeeds(queried: QueriedInputs, made: readonly Pick<Explainer, 'needs'>[]): void {
  for (const need of made.flatMap(({ needs = [] }) => needs)) expectNeed(queried, need);
}

function expectNeed({ inputs, meaning }: QueriedInputs, { where, class: asked, labels }: ModelNeed): void {
  // One number speaks of two classes.
  const classes = Math.max(2, meaning.classes);
  if (asked !== undefined && asked >= classes)
    fail({
      code: 'target-range',
      where,
      expected: `a class from 0 to ${classes - 1} (${classes} classes)`,
      got: `${asked}`,
    });
  if (labels === undefined) return;
  for (const { tensor } of inputs) featuresFor(where, tensor.shape, { features: labels, x: tensor });
}
