import type { Link, Logits } from '@onnxplain/graph';
import type { OutputMeaning } from '@onnxplain/runtime';
import { describeEvidence } from '../query/describe-function.js';

/** Warns of probabilities that are explained as logits, and of outputs that are taken for probabilities only because of a few runs. */
export function linkNotices(meaning: OutputMeaning, link: Link): readonly string[] {
  const { output, holds, logits, evidence } = meaning;
  if (link === 'probability' && isTwoSided(meaning)) {
    return [
      `"${output}" gives z and -z, whose softmax is the sigmoid of 2z; a model that makes its probability by the sigmoid of z, as scikit-learn does, means another number: explain an output of probabilities, or z itself by --link logit`,
    ];
  }
  if (holds !== 'probabilities') return [];
  if (link !== 'probability') {
    const remedy =
      logits === undefined
        ? 'no one value inside holds their logits; --link probability says that the probability is meant'
        : logitsRemedy(logits, link);
    return [`"${output}" holds probabilities, whose slopes vanish where the model is sure; ${remedy}`];
  }
  if (evidence.by !== 'observed') return [];
  return [
    `"${output}" is taken for probabilities, ${describeEvidence({ evidence })}; --holds says otherwise`,
  ];
}

/** Whether an output has two logits per row, z and -z: a single score of two classes. Their sum was 0 in every row that was run. */
function isTwoSided({ classes, holds, evidence }: OutputMeaning): boolean {
  if (classes !== 2 || holds !== 'logits' || evidence.by !== 'observed') return false;
  const { sums = [1, 1], range = [0, 0] } = evidence;
  return range[1] > 0 && sums.every((sum) => Math.abs(sum) <= 1e-6 * range[1]);
}

function logitsRemedy({ value, classes }: Logits, link: Link): string {
  const of = link === 'margin' ? 'the margin of the logits' : 'the logits';
  if (classes === 'same') return `--output "${value}" explains ${of}`;
  if (classes === 'other') {
    return `--output "${value}" explains ${of} that they are made of, whose classes are counted in another way`;
  }
  return `--output "${value}" --link logit --target 0 explains the logit of class ${classes} against the other`;
}
