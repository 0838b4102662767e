import type { Link } from '@onnxplain/graph';
import { formatNumber } from '@onnxplain/report';
import type { OutputMeaning } from '@onnxplain/runtime';

/** What is explained, as a phrase: "probability of class 2 (virginica), output "probabilities"". `what` names the class. */
export function functionText(meaning: OutputMeaning, link: Link, what: string): string {
  const { output, classes, holds } = meaning;
  const named = `output "${output}"`;
  const of = (noun: string) => (classes === 1 ? noun : `${noun} of ${what}`);
  if (link === 'probability') return `${of('probability')}, ${madeOf(meaning)}`;
  const noun = NOUNS[holds];
  if (link === 'logit') return noun === undefined ? `the number in ${named}` : `${of(noun)}, ${named}`;
  return `${of(noun ?? 'number')} less that of the best other class, ${named}`;
}

const NOUNS: Readonly<Record<OutputMeaning['holds'], string | undefined>> = {
  logits: 'logit',
  probabilities: 'probability',
  'log-probabilities': 'log-probability',
  unbounded: undefined,
  unknown: undefined,
};

/** How a probability is made of what the output holds. A score makes none of numbers that are not known. */
function madeOf({ output, classes, holds, evidence }: OutputMeaning): string {
  const named = `output "${output}"`;
  if (holds === 'probabilities') return named;
  if (holds === 'log-probabilities') return `the exponential of ${named}`;
  const squash = classes === 1 ? `the sigmoid of ${named}` : `a softmax over the classes of ${named}`;
  return evidence.by === 'observed' ? `${squash}, taken for logits` : squash;
}

/** How it is known what an output holds, as a phrase. */
export function evidenceText({ evidence }: Pick<OutputMeaning, 'evidence'>): string {
  if (evidence.by === 'caller') return 'as was said';
  if (evidence.by === 'graph') {
    const { op, node } = evidence;
    return node === '' ? `made by ${op}` : `made by ${op} "${node}"`;
  }
  const { rows, range, sums } = evidence;
  if (range === undefined) return 'no run gave finite numbers';
  const span = (ends: readonly [number, number]) => [...new Set(ends.map(formatNumber))].join(' to ');
  const sum = sums === undefined ? '' : `, with sums of ${span(sums)} a row`;
  return `seen on ${rows} ${rows === 1 ? 'row' : 'rows'}: numbers of ${span(range)}${sum}`;
}
