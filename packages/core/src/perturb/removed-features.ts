import { type ChosenFeatures, dependsOnLayout } from '../features/choice.js';
import { featuresHelp, LAYOUT_HELP, option } from '../options.js';
import { baselineDependsOnLayout, type RemovalValueSettings, removalValueOptions } from './baselines.js';

/** The options of perturbations that remove features. */
export const removedFeatureOptions = {
  ...removalValueOptions,
  features: option.features().default('elements').describe(featuresHelp('What is removed as one')),
  layout: option.layout().describe(LAYOUT_HELP),
};

type Settings = RemovalValueSettings & ChosenFeatures;

/** Whether the layout of an input makes a difference to which features are removed or to what they become. */
export const removalDependsOnLayout = ({ features, baseline }: Settings): boolean =>
  dependsOnLayout(features) || baselineDependsOnLayout(baseline);

/** Leaves out the layout where it makes no difference. */
export function withoutIdleRemovalLayout<S extends Settings>(options: S): S {
  return removalDependsOnLayout(options) ? options : { ...options, layout: undefined };
}
