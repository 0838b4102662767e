import {
  type Features,
  fold,
  type Key,
  type Products,
  type Shape,
  key as seed,
  valuesOfFeatures,
} from '@onnxplain/core';
import { pilotCount } from './pilots.js';
import { type Robustness, refuseUnchanged } from './robustness.js';
import { expectEnoughSubsets, type SubsetFindings, subsetRegression } from './subset-regression.js';
import { type Sampling, subsetsOf } from './subsets.js';

/** The regression of one step. */
export interface BanzhafStep extends Sampling {
  readonly where: string;
  /** 1 for each feature that all subsets hold. */
  readonly chosen: Uint8Array;
}

/**
 * Coefficients of the importance of subsets, by features that are not chosen; all 0 where no perturbation was found for any subset that
 * holds the chosen ones. Throws `option-value` for too few subsets, and `not-applicable` where none was found and no feature is chosen.
 */
export async function banzhafOf(
  robustness: Robustness,
  { where, chosen, ...sampling }: BanzhafStep,
  { key, products }: { readonly key: Key; readonly products: Products },
): Promise<SubsetFindings> {
  const subsets = subsetsOf(chosen, sampling, fold(key, 'subsets'));
  const { preset } = sampling;
  expectEnoughSubsets(where, { preset, chosen, subsets });
  // Pilots of all keys are the same, so that keys differ in their subsets only, as the standard errors say.
  const few = { ...sampling, subsets: pilotCount(subsets.count) };
  const pilots = subsets.group === 0 ? undefined : subsetsOf(chosen, few, fold(seed(0), 'pilots')).members;
  const { values, found } = await robustness.importances(subsets.members, fold(key, 'attack'), pilots);
  if (found === 0 && !chosen.includes(1)) refuseUnchanged(where, subsets.count);
  // The chosen features alone decide: the others have equal numbers.
  if (found === 0) return { values: new Float64Array(chosen.length) };
  return subsetRegression({ preset, chosen, subsets, importances: values }, products);
}

/** Gives each element the value of its feature, and its standard error where there is one. */
export const valuesWithErrors = (
  { values, stderr }: Pick<SubsetFindings, 'values' | 'stderr'>,
  features: Features,
  shape: Shape,
) => ({
  ...valuesOfFeatures(values, features, shape),
  ...(stderr && { stderr: valuesOfFeatures(stderr, features, shape).values }),
});
