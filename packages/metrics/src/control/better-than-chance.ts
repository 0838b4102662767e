import {
  defineMetric,
  type Estimate,
  type Explainer,
  fold,
  type Key,
  type Measured,
  type Metric,
  option,
  type Subject,
  singletons,
  sumOfCosts,
} from '@onnxplain/core';
import { infidelity } from '../infidelity/infidelity.js';
import { shuffledSubject } from './shuffled.js';

const name = 'better-than-chance';

/**
 * Win rate against chance: the share of shuffled explanations that the metric calls worse than the explanation; equal ones count half. A
 * shuffled explanation has the same numbers at other features, so that a metric that looks at the numbers only gives 0.5. 1 is best.
 * All are measured with the same key, so on the same draws.
 *
 * The estimate is a mean over the shuffles. Its standard error is that of a share, from two wins and two losses more than there were
 * (Agresti and Coull), so that it is not 0 where all shuffles are worse. `details`: `p`, the p-value of the randomisation test that the
 * explanation is one of the shuffles, (1 + shuffles that are as good) / (1 + shuffles); `low` and `high`, Wilson's 95 % interval of the win
 * rate; `value`, the number of the explanation itself, and `median`, that of the shuffles.
 * Costs the metric shuffles + 1 times; a metric that compares evaluates f once for 20 of them.
 * Invalid where the metric gives no number for the explanation or for a shuffle. Throws what the metric throws.
 * Source: Edgington 1980 (randomisation tests); Phipson and Smyth 2010 (p-value); Agresti and Coull 1998; Wilson 1927.
 */
export const betterThanChance = defineMetric({
  name,
  summary: 'How often the explanation is better than its own numbers at shuffled features.',
  options: {
    metric: option.metric().describe('Says which explanation is better.'),
    shuffles: option
      .count()
      .default(99)
      .describe('Number of shuffled explanations. The least p-value is 1 / (shuffles + 1).'),
  },
  parts: (metric: Metric) => ({ metric }),
  positional: ['metric', 'shuffles'],
  example: { metric: infidelity(singletons({ baseline: 4 })), shuffles: 49 },
  promises: ['mean', 'random'],
  make: ({ metric, shuffles }) => ({
    better: 'higher',
    units: 'share of the shuffled explanations',
    comparable: 'any',
    least: 0,
    most: 1,
    source: 'a randomisation test (Edgington 1980)',
    definition: {
      value: `share of ${shuffles} shuffled explanations that ${metric.expression} calls worse; equal ones count half`,
      shuffles: 'the numbers of the features in a uniformly random order, measured with the same key',
      ...Object.fromEntries(Object.entries(metric.definition).map(([key, text]) => [`metric: ${key}`, text])),
    },
    plannedCost(f, x, explainers) {
      const each = explainers.flatMap((explainer) => {
        const subjects = new Array<Explainer>(shuffles + 1).fill(explainer);
        return groupsOf(metric, subjects).map((group) => metric.plannedCost?.(f, x, group));
      });
      return sumOfCosts(each);
    },
    measure: (subject, key) => measureAgainstChance({ metric, shuffles }, subject, key),
  }),
});

interface Chance {
  readonly metric: Metric;
  readonly shuffles: number;
}

async function measureAgainstChance(
  { metric, shuffles }: Chance,
  subject: Subject,
  key: Key,
): Promise<Measured> {
  const others = Array.from({ length: shuffles }, (_, i) =>
    shuffledSubject(subject, fold(fold(key, name), i)),
  );
  const estimates = await estimatesOf(metric, [subject, ...others], key);
  const wrong = estimates.find((estimate) => !('value' in estimate));
  if (wrong !== undefined) return { estimate: withoutNumber(wrong) };
  const [own, ...theirs] = estimates.flatMap((estimate) => ('value' in estimate ? [estimate.value] : []));
  return winRate({ own, theirs, sign: metric.better === 'lower' ? 1 : -1 });
}

/** How many explanations are compared at once: the differences of all pairs are computed, too. */
const TOGETHER = 20;

/** The subjects that are measured in one call: up to 20, each alone by a metric that cannot compare. */
function groupsOf<T>(metric: Metric, subjects: readonly T[]): readonly (readonly T[])[] {
  const size = metric.compare === undefined ? 1 : TOGETHER;
  return Array.from({ length: Math.ceil(subjects.length / size) }, (_, i) =>
    subjects.slice(i * size, (i + 1) * size),
  );
}

/** The estimates of all subjects with one key. Those of metrics that cannot compare are made one after the other. */
async function estimatesOf(
  metric: Metric,
  subjects: readonly Subject[],
  key: Key,
): Promise<readonly Estimate[]> {
  const estimates: Estimate[] = [];
  for (const some of groupsOf(metric, subjects)) {
    if (metric.compare !== undefined) {
      const { measured } = await metric.compare(some, key);
      estimates.push(...measured.map(({ estimate }) => estimate));
    } else estimates.push((await metric.measure(some[0], key)).estimate);
  }
  return estimates;
}

function withoutNumber(estimate: Estimate): Estimate {
  if (estimate.kind === 'invalid') return estimate;
  const n = 'n' in estimate ? (estimate.n ?? 0) : 0;
  return { kind: 'invalid', reason: `the metric gave a number without a value (${estimate.kind})`, n };
}

interface Contest {
  readonly own: number;
  readonly theirs: readonly number[];
  /** 1 where lower numbers are better, -1 where higher ones are. */
  readonly sign: 1 | -1;
}

/** Quantile of the normal distribution for an interval of 95 %. */
const Z = 1.959964;

function winRate({ own, theirs, sign }: Contest): Measured {
  const n = theirs.length;
  const gains = theirs.map((other) => sign * (other - own));
  const worse = gains.filter((gain) => gain > 0).length;
  const equal = gains.filter((gain) => gain === 0).length;
  const value = (worse + equal / 2) / n;
  const adjusted = (value * n + 2) / (n + 4);
  const centre = (value * n + Z ** 2 / 2) / (n + Z ** 2);
  const half = (Z / (n + Z ** 2)) * Math.sqrt(n * value * (1 - value) + Z ** 2 / 4);
  const sorted = theirs.toSorted((a, b) => a - b);
  return {
    estimate: {
      kind: 'mean',
      value,
      stderr: Math.sqrt((adjusted * (1 - adjusted)) / (n + 4)),
      n,
    },
    details: {
      p: (1 + n - worse) / (1 + n),
      low: Math.max(0, centre - half),
      high: Math.min(1, centre + half),
      value: own,
      median: (sorted[Math.floor((n - 1) / 2)] + sorted[Math.ceil((n - 1) / 2)]) / 2,
    },
  };
}
