import {
  type Attribution,
  dependsOnLayout,
  elementFeatures,
  type Features,
  featuresFor,
  featuresHelp,
  fold,
  type Key,
  LAYOUT_HELP,
  option,
  type Score,
  type Settings,
  type Tensor,
} from '@onnxplain/core';
import { importances, importancesOver, orderDefinition, orderOption, ranksOf } from './ranks.js';

/** Options that say what is ranked, and by what. */
export const rankingOptions = {
  order: orderOption(),
  features: option
    .features()
    .optional()
    .describe(`${featuresHelp('What is ranked as one')} Default: the features of the attribution.`),
  layout: option.layout().describe(LAYOUT_HELP),
};

export type RankingSettings = Settings<typeof rankingOptions>;

/** Leaves out the layout where it makes no difference. */
export function settleRanking<S extends RankingSettings>(options: S): S {
  const { features } = options;
  return features !== undefined && dependsOnLayout(features) ? options : { ...options, layout: undefined };
}

/** How a definition describes what is ranked. */
export const rankingDefinition = ({
  order,
  features,
}: RankingSettings): Readonly<Record<string, string>> => ({
  order: orderDefinition[order],
  features: features === undefined ? 'those of the attribution' : describeFeatures(features),
});

function describeFeatures(features: NonNullable<RankingSettings['features']>): string {
  if (typeof features === 'string') return features;
  if (typeof features === 'number') return `cells of side ${features}`;
  return Array.isArray(features) ? `cells of ${features.join(' by ')}` : 'elements with equal labels';
}

/** The features of an input with their ranks, 0 for the first. */
export interface Ranked extends Features {
  readonly ranks: Int32Array;
}

/**
 * Ranks features by an attribution; ties are broken by the key, in the same way for all attributions. Throws what `featuresFor` throws.
 */
export function rankedFeatures(
  where: string,
  { f, x, attribution }: { readonly f: Score; readonly x: Tensor; readonly attribution: Attribution },
  { settings, key }: { readonly settings: RankingSettings; readonly key: Key },
): Ranked {
  const { order, features: choice, layout = f.layout } = settings;
  const own = choice === undefined;
  const features = own
    ? (attribution.features ?? elementFeatures(x.shape))
    : featuresFor(where, x.shape, { features: choice, layout, x });
  const numbers = own ? importances(attribution, order) : importancesOver(attribution, features, order);
  return { ...features, ranks: ranksOf(numbers, fold(key, 'ties')) };
}
