import {
  broadcast,
  counted,
  fail,
  featuresFor,
  firstNonFinite,
  type Key,
  type ModelNeed,
  option,
  row,
  type Score,
  type Settings,
  type Shape,
  type Subject,
  showShape,
  type Tensor,
} from '@onnxplain/core';
import {
  type Ranked,
  rankedFeatures,
  rankingDefinition,
  rankingOptions,
  settleRanking,
} from '../ranking/ranked.js';
import { expectSubject } from '../subject.js';

/** Options of the metrics that compare a ranking with features that are known to be relevant. */
export const relevanceOptions = {
  labels: option
    .tensor()
    .describe(
      'Which features are relevant, 0 for those that are not: one number for each feature (file.npy), such as the tokens of a text, or an array ' +
        'of the shape of the input or repeated to it; a feature is relevant where one of its elements is. With inputs: one row for each of them.',
    ),
  inputs: option
    .tensor()
    .optional()
    .describe(
      'The inputs that the rows of labels are of, [rows, ...shape]. The row of an input is found by its numbers, in float32. Default: the labels ' +
        'are those of every input.',
    ),
  ...rankingOptions,
};

type RelevanceSettings = Settings<typeof relevanceOptions>;

/** Throws `option-value` for labels that are not finite, and for labels and inputs with other numbers of rows. */
export const settleRelevance =
  (where: string) =>
  <S extends RelevanceSettings>(options: S): S => {
    const { labels, inputs } = options;
    const stray = firstNonFinite(labels);
    if (stray >= 0) {
      fail({
        code: 'option-value',
        where: `${where}(labels)`,
        expected: 'finite numbers, 0 for features that are not relevant',
        got: `${labels.data[stray]} at element ${stray}`,
      });
    }
    if (inputs !== undefined && inputs.shape[0] !== labels.shape[0]) {
      fail({
        code: 'option-value',
        where: `${where}(labels)`,
        expected: `a row for each of ${counted(inputs.shape[0], 'input')}`,
        got: `labels of shape ${showShape(labels.shape)}`,
      });
    }
    return settleRanking(options);
  };

/** How a definition describes the relevant features. */
export const relevanceDefinition = (settings: RelevanceSettings): Readonly<Record<string, string>> => ({
  relevant: `given labels of shape ${showShape(settings.labels.shape)}${settings.inputs === undefined ? '' : ', a row for each input'}`,
  ...rankingDefinition(settings),
});

/** What the labels ask of an input, so that labels that do not fit it are found before anything runs. */
export const relevanceNeeds = (expression: string, settings: RelevanceSettings): readonly ModelNeed[] => [
  {
    where: `${expression}: labels`,
    check: (f, x) => expectLabels(expression, { f, x }, settings),
  },
];

/**
 * Throws `tensor-shape` for labels that fit neither the input nor its features, and `not-applicable` for an input that has no labels or
 * only zeros. Features of the attribution are not known before it is: then any list of at most as many labels as elements will do.
 */
function expectLabels(
  where: string,
  { f, x }: { readonly f: Pick<Score, 'layout'>; readonly x: Tensor },
  settings: RelevanceSettings,
): void {
  const labels = labelsOf(where, x, settings);
  const { features, layout = f.layout } = settings;
  const count = features && featuresFor(where, x.shape, { features, layout, x }).count;
  const { length } = labels.data;
  const isList =
    labels.shape.length === 1 && (count === undefined ? length <= x.data.length : length === count);
  if (!isList) broadcast(`${where}(labels)`, labels, x.shape);
  if (labels.data.every((label) => label === 0)) refuseZeros(where);
}

/**
 * Which of the ranked features are relevant, those that are ranked first coming first. Throws `tensor-shape` for labels that do not fit,
 * and `not-applicable` for an input that has no labels or no relevant feature.
 */
export function relevanceByRank(
  where: string,
  subject: Subject,
  { settings, key }: { readonly settings: RelevanceSettings; readonly key: Key },
): readonly boolean[] {
  expectSubject(where, subject);
  const ranked = rankedFeatures(where, subject, { settings, key });
  const relevant = relevantOf(
    where,
    { labels: labelsOf(where, subject.x, settings), shape: subject.x.shape },
    ranked,
  );
  if (!relevant.includes(true)) refuseZeros(where);
  const byRank = new Array<boolean>(ranked.count).fill(false);
  ranked.ranks.forEach((rank, feature) => {
    byRank[rank] = relevant[feature];
  });
  return byRank;
}

function labelsOf(where: string, x: Tensor, { labels, inputs }: RelevanceSettings): Tensor {
  if (inputs === undefined) return labels;
  const at = Array.from({ length: inputs.shape[0] }, (_, i) => i).find((i) => isEqual(row(inputs, i), x));
  return at === undefined
    ? refuse(where, 'an input among those with labels', 'another input')
    : row(labels, at);
}

const isEqual = (a: Tensor, b: Tensor): boolean =>
  a.data.length === b.data.length &&
  a.data.every((value, i) => Math.fround(value) === Math.fround(b.data[i]));

/** Whether each feature is relevant. */
function relevantOf(
  where: string,
  { labels, shape }: { readonly labels: Tensor; readonly shape: Shape },
  { count, of }: Ranked,
): readonly boolean[] {
  if (labels.shape.length === 1 && labels.data.length === count)
    return Array.from(labels.data, (label) => label !== 0);
  const relevant = new Array<boolean>(count).fill(false);
  broadcast(`${where}(labels)`, labels, shape).data.forEach((label: number, element: number) => {
    if (label !== 0) relevant[of[element]] = true;
  });
  return relevant;
}

const refuseZeros = (where: string): never =>
  refuse(where, 'an input with a relevant feature', 'labels that are all 0');

function refuse(where: string, expected: string, got: string): never {
  return fail({
    code: 'not-applicable',
    where,
    expected,
    got,
    remedy: 'Leave the input out, or give labels for it.',
  });
}
