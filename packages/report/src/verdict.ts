import { compared } from './compared.js';
import type { RunRecord, Standing } from './record.js';

/**
 * Returns the result of a metric in words, one sentence for each group of explainers that it can compare: "best: gradient",
 * "tied: gradient and path-gradient", "undecided between gradient and random (control)". Groups of one explainer have none.
 */
export function verdicts(
  record: Pick<RunRecord, 'metrics' | 'explainers' | 'summaries'>,
  m: number,
): readonly string[] {
  const { metrics, explainers, summaries } = record;
  return compared(metrics[m], explainers).flatMap(({ kind, members, controls }) => {
    const standing = (wanted: Standing) =>
      [...members, ...controls]
        .filter((e) => summaries.some((s) => s.metric === m && s.explainer === e && s.standing === wanted))
        .map((e) => explainers[e].expression + (controls.includes(e) ? ' (control)' : ''));
    const sentence = sentenceOf(standing);
    return sentence === undefined ? [] : [kind === undefined ? sentence : `${kind}, ${sentence}`];
  });
}

function sentenceOf(standing: (wanted: Standing) => readonly string[]): string | undefined {
  const [best] = standing('best');
  if (best !== undefined) return `best: ${best}`;
  const tied = standing('tied');
  if (tied.length > 0) return `tied: ${listed(tied)}`;
  const undecided = standing('undecided');
  return undecided.length > 0 ? `undecided between ${listed(undecided)}` : undefined;
}

/** Joins words: "a", "a and b", "a, b and c". */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
