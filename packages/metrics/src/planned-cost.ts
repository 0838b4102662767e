import { type Explainer, type PlannedCost, type ScorePlace, sumOfCosts, type Tensor } from '@onnxplain/core';

/** The cost of explaining an input near x once by each explainer. */
export const explainingCost = (
  f: ScorePlace,
  x: Tensor,
  explainers: readonly Explainer[],
): PlannedCost | undefined => sumOfCosts(explainers.map(({ plannedCost }) => plannedCost?.(f, x)));
