import type { Link } from '@onnxplain/graph';
import { formatNumber, nounOf } from '@onnxplain/report';
import type { OutputMeaning } from '@onnxplain/runtime';

/** The target of an output in words. */
export interface TargetDescription {
  /** "class 2 (virginica)", "output element 4:900". */
  readonly text: string;
  /** Whether it is a class. Unbounded numbers of anything else, such as coordinates of boxes, need not be logits. */
  readonly isClass: boolean;
}

/** Describes the function that is explained, such as `probability of class 2 (virginica), output "probabilities"`. */
export function describeFunction(
  meaning: OutputMeaning,
  link: Link,
  { text, isClass }: TargetDescription,
): string {
  const { output, classes, holds } = meaning;
  const named = `output "${output}"`;
  const of = (noun: string) => (classes === 1 ? noun : `${noun} of ${text}`);
  if (link === 'probability') return `${of('probability')}, ${probabilitySource(meaning)}`;
  const noun = nounOf(holds, isClass || classes === 1);
  if (link === 'margin') return `${of(noun ?? 'number')} less that of the best other class, ${named}`;
  if (noun !== undefined) return `${of(noun)}, ${named}`;
  return classes === 1 ? `the number in ${named}` : `${isClass ? of('number') : text}, ${named}`;
}

/** Says how the probability is computed from what the output holds. */
function probabilitySource({ output, classes, holds, evidence }: OutputMeaning): string {
  const named = `output "${output}"`;
  if (holds === 'probabilities') return named;
  if (holds === 'log-probabilities') return `the exponential of ${named}`;
  const squash = classes === 1 ? `the sigmoid of ${named}` : `a softmax over the classes of ${named}`;
  return evidence.by === 'observed' ? `${squash}, taken for logits` : squash;
}

/** Says how it is known what an output holds. */
export function describeEvidence({ evidence }: Pick<OutputMeaning, 'evidence'>): string {
  if (evidence.by === 'caller') return 'as given';
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
