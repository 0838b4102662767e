import { expect, test } from 'vitest';
import type { RunRecord, Standing, Summary } from './record.js';
import { verdicts } from './verdict.js';

type Said = Pick<RunRecord, 'metrics' | 'explainers' | 'summaries'>;

/** Explainers a, b, ... that stand so under one metric. */
function record(standings: readonly (Standing | undefined)[], changes: Partial<Said> = {}): Said {
  const counts = { done: 1, 'not-applicable': 0, failed: 0, invalid: 0, censored: 0 };
  return {
    metrics: [{ name: 'm', expression: 'm', better: 'lower', units: '', source: '', definition: {} }],
    explainers: standings.map((_, i) => ({ expression: 'abcd'[i], kind: i % 2 === 0 ? 'local' : 'global' })),
    summaries: standings.map(
      (standing, explainer): Summary => ({ explainer, metric: 0, counts, best: false, standing }),
    ),
    ...changes,
  };
}

test('the best is named, and all that tie or are undecided', () => {
  expect(verdicts(record(['behind', 'best']), 0)).toEqual(['best: b']);
  expect(verdicts(record(['tied', 'behind', 'tied']), 0)).toEqual(['tied: a and c']);
  expect(verdicts(record(['undecided', 'behind', 'undecided', 'undecided']), 0)).toEqual([
    'undecided between a, c and d',
  ]);
});

test('a control that is not beaten is named', () => {
  const { explainers } = record(['undecided', 'undecided']);
  const controlled = explainers.map((each, i) => ({ ...each, control: i === 1 }));
  const said = record(['undecided', 'undecided'], { explainers: controlled });
  expect(verdicts(said, 0)).toEqual(['undecided between a and b (control)']);
});

test('there is one sentence for each kind where kinds are not compared, and none where nobody is', () => {
  const { metrics } = record([]);
  const apart = metrics.map((metric) => ({ ...metric, comparable: 'same-kind' as const }));
  const said = record(['best', 'undecided', 'behind', 'undecided'], { metrics: apart });
  expect(verdicts(said, 0)).toEqual(['local, best: a', 'global, undecided between b and d']);
  expect(verdicts(record([undefined]), 0)).toEqual([]);
});
