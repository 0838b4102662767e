import type { Link, Logits } from '@onnxplain/graph';
import type { OutputMeaning } from '@onnxplain/runtime';
import { evidenceText } from '../function-text.js';

/** Probabilities that are explained as if they were logits, and those that only a few runs show to be probabilities. */
export function linkNotices(
  { output, holds, logits, evidence }: OutputMeaning,
  link: Link,
): readonly string[] {
  if (holds !== 'probabilities') return [];
  if (link !== 'probability') {
    const remedy =
      logits === undefined
        ? 'no one value inside holds their logits; --link probability says that the probability is meant'
        : logitsRemedy(logits, link);
    return [`"${output}" holds probabilities, whose slopes vanish where the model is sure; ${remedy}`];
  }
  if (evidence.by !== 'observed') return [];
  return [`"${output}" is taken for probabilities, ${evidenceText({ evidence })}; --holds says otherwise`];
}

function logitsRemedy({ value, classes }: Logits, link: Link): string {
  const of = link === 'margin' ? 'the margin of the logits' : 'the logits';
  if (classes === 'same') return `--output "${value}" explains ${of}`;
  if (classes === 'other') {
    return `--output "${value}" explains ${of} that they are made of, whose classes are counted in another way`;
  }
  return `--output "${value}" --link logit --target 0 explains the logit of class ${classes} against the other`;
}
