import { own } from '@onnxplain/core';
import type { InputRecord, Request } from './record.js';

type Named = Pick<
  InputRecord,
  'target' | 'at' | 'targetLabel' | 'elements' | 'classAxis' | 'mask' | 'prediction'
>;

/** Describes the explained target in words: "class 3 (cat)", "output element 4:900", "sum 3:sum:sum of the output (cat)". */
export function targetText({ target, at, targetLabel, elements, classAxis, mask }: Named): string {
  const label = labelled(targetLabel);
  const classes =
    classAxis === undefined ? '' : `, classes along axis ${classAxis.axis}${labelled(classAxis.told)}`;
  if (target === undefined) {
    const weighted = mask === undefined ? '' : `, weighted by ${mask.file}`;
    return `output ${at?.join(':')}${label}${weighted}${classes}`;
  }
  if (elements !== 'numbers' || (label !== '' && isColumn(at))) return `class ${target}${label}`;
  if (at?.length === 0) return 'the only number of the output';
  return `output element ${at?.join(':') ?? target}${label}${classes}`;
}

/** Describes the prediction in words; undefined for an output of one number. */
export function predictionText({ prediction, elements }: Named): string | undefined {
  if (prediction === undefined) return undefined;
  const label = labelled(prediction.label);
  if (elements !== 'numbers') return `predicted class ${prediction.class}${label}`;
  return `largest output element ${prediction.at?.join(':') ?? prediction.class}${label}`;
}

/** Describes the explained function of these inputs: "probability of class 0 (setosa), output "probabilities"". */
export function explainedText(
  inputs: readonly Named[],
  { output, link, holds }: Pick<Request, 'output' | 'link' | 'holds'>,
): string {
  const targets = new Set(inputs.map(targetText));
  const target = targets.size === 1 ? [...targets][0] : "each input's target";
  const areClasses = inputs.every(({ elements }) => elements !== 'numbers');
  const noun = link === 'probability' ? link : nounOf(holds, areClasses);
  const of = noun === undefined ? target : `${noun} of ${target}`;
  const over = link === 'margin' ? ' less that of the best other class' : '';
  return `${of}${over}, output "${output}"`;
}

/**
 * Returns the noun for one number of an output, by what the output holds; undefined where that is not known and for regressions. Unbounded
 * numbers are called logits only if they belong to classes: others may be anything, such as coordinates of boxes.
 */
export function nounOf(holds: string | undefined, isClass: boolean): string | undefined {
  if (holds === undefined || !Object.hasOwn(NOUNS, holds)) return undefined;
  return holds === 'logits' && !isClass ? undefined : own(NOUNS, holds);
}

const NOUNS: Readonly<Record<string, string>> = {
  logits: 'logit',
  probabilities: 'probability',
  'log-probabilities': 'log-probability',
};

const labelled = (label: string | undefined): string => (label === undefined ? '' : ` (${label})`);

const isColumn = (at: InputRecord['at']): boolean => at === undefined || at.length < 2;
