/**
 * The first table of [Y19] on the shipped digits model: mean infidelity under noisy-baseline perturbations, as Eq. 1 has it and times
 * the best scalar, as the authors' program has it, and max-sensitivity of gradient, path-gradient (integrated gradients as a slope),
 * their smoothed forms and the optimum, on shared draws. A run that was stopped goes on with --resume.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  gradient,
  infidelity,
  noisyBaseline,
  optimal,
  sensitivityMax,
  smooth,
  tensor,
  uniform,
} from 'onnxplain';
import { pathGradient } from 'onnxplain/explainers';
import type { NamedInput } from 'onnxplain/files';
import { type Measurement, openModel, queryInputs, runPlan } from 'onnxplain/pipeline';
import { isLower, type Summary, summarise, type Verdict } from './claims.js';
import { imageRows, packagedDigits, readDigits } from './idx.js';

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: join(import.meta.dirname, '../models/mnist-cnn.onnx') },
    digits: { type: 'string', default: '20' },
    draws: { type: 'string', default: '5000' },
    'optimal-draws': { type: 'string', default: '3000' },
    'sensitivity-draws': { type: 'string', default: '5' },
    seed: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    // Where finished cells are kept while the run goes on; --resume takes them up.
    ledger: { type: 'string', default: join(import.meta.dirname, '../out/paper-table/ledger') },
    resume: { type: 'boolean', default: false },
  },
});
const [digits, draws, optimalDraws, sensitivityDraws, seed] = [
  given.digits,
  given.draws,
  given['optimal-draws'],
  given['sensitivity-draws'],
  given.seed,
].map(Number);

const SMOOTHING_DRAWS = 50;
const perturbation = noisyBaseline({ sigma: 0.2 });
const noise = uniform({ radius: 0.2, ball: 'linf' });
const explainers = {
  gradient: gradient(),
  'path-gradient': pathGradient({ steps: 20 }),
  'smooth gradient': smooth(gradient(), noise, { draws: SMOOTHING_DRAWS }),
  'smooth path-gradient': smooth(pathGradient({ steps: 10 }), noise, { draws: SMOOTHING_DRAWS }),
  optimum: optimal(perturbation, { draws: optimalDraws }),
};
const names = Object.keys(explainers);
/** Eq. 1, and Eq. 1 with the attribution times the least-squares scalar. */
const faithfulness = {
  none: infidelity(perturbation, { draws, scale: 'none' }),
  optimal: infidelity(perturbation, { draws, scale: 'optimal' }),
} as const;
type Scale = keyof typeof faithfulness;
const scales = Object.keys(faithfulness) as Scale[];
const stability = sensitivityMax({ radius: 0.2, ball: 'linf', draws: sensitivityDraws });

/** The numbers of a metric, [explainer][digit]. */
function numbersOf(measurements: readonly (readonly Measurement[])[], metric: number): PerExplainer {
  return names.map((_, e) => measurements.map((row) => numberOf(row[metric].measured[e])));
}

function numberOf(outcome: Measurement['measured'][number]): number {
  if (outcome.status !== 'done') throw new Error(outcome.reason);
  const { estimate } = outcome.value;
  if ('value' in estimate) return estimate.value;
  throw new Error(`an estimate of kind ${estimate.kind} has no value`);
}

function digitInputs(): readonly NamedInput[] {
  const test = readDigits(packagedDigits(), 't10k');
  return Array.from({ length: digits }, (_, i) => ({
    name: `t10k[${i}]`,
    tensor: tensor(imageRows(test, i, i + 1), [1, 28, 28]),
  }));
}

async function main(): Promise<void> {
  const { model } = await openModel(given.model);
  try {
    const run = await runPlan(await queryInputs(model, digitInputs()), {
      explainers: Object.values(explainers),
      metrics: [faithfulness.none, faithfulness.optimal, stability],
      seed,
      folder: given.ledger,
      resume: given.resume,
      say: (text) => process.stderr.write(`${text}\n`),
      onProgress: ({ stage, done, total }) => process.stderr.write(`\r${stage} ${done} of ${total} `),
    });
    process.stderr.write('\n');
    const { measurements } = run.results;
    const [none, best, sensitivity] = [0, 1, 2].map((metric) => numbersOf(measurements, metric));
    print({ none, optimal: best, sensitivity });
    await run.done();
  } finally {
    await model.close();
  }
}

type PerExplainer = readonly (readonly number[])[];
type Measured = Readonly<Record<Scale | 'sensitivity', PerExplainer>>;

function print(measured: Measured): void {
  const claims = claimsOf(measured);
  if (given.json) {
    const definitions = {
      ...mapScales((scale) => faithfulness[scale].definition),
      sensitivity: stability.definition,
    };
    process.stdout.write(`${JSON.stringify({ definitions, names, ...measured, claims }, null, 2)}\n`);
    return;
  }
  const cell = ({ mean, stderr }: Summary) => `${mean.toPrecision(4)} ± ${stderr.toPrecision(2)}`;
  const rows = names.map((name, k) => [
    name,
    ...scales.map((scale) => cell(summarise(measured[scale][k]))),
    `≥ ${cell(summarise(measured.sensitivity[k]))}`,
  ]);
  process.stdout.write(
    [
      `Mean over ${digits} test digits ± its standard error; the class explained is the predicted one.`,
      `Infidelity: ${perturbation.expression}, ${draws} draws shared by all explainers; the optimum is fitted on ${optimalDraws} others.`,
      `Smoothing kernel: ${noise.expression} in the l-inf ball, ${SMOOTHING_DRAWS} draws.`,
      `Max-sensitivity: the greatest of ${sensitivityDraws} draws in that ball, a lower bound (≥) of the true maximum.`,
      '',
      '| explainer | infidelity, Eq. 1 (scale none) | infidelity with β (scale optimal) | max-sensitivity |',
      '|---|---|---|---|',
      ...rows.map((row) => `| ${row.join(' | ')} |`),
      '',
      `Verdicts go by the 95 % interval (Student's t) of the mean difference, paired over the ${digits} digits:`,
      '',
      '| claim | scale none | scale optimal |',
      '|---|---|---|',
      ...claims.infidelity.map(([claim, none, optimal]) => `| ${claim} | ${none} | ${optimal} |`),
      '',
      '| claim, of the lower bounds | |',
      '|---|---|',
      ...claims.sensitivity.map(([claim, verdict]) => `| ${claim} | ${verdict} |`),
      '',
    ].join('\n'),
  );
}

const mapScales = <T>(of: (scale: Scale) => T): Record<Scale, T> => ({
  none: of('none'),
  optimal: of('optimal'),
});

/** Pairs of explainers of which the first should have the lower number, in the paper's words. */
const infidelityClaims: readonly (readonly [claim: string, low: string, high: string])[] = [
  ...names
    .slice(0, -1)
    .map((name) => [`the optimum has lower infidelity than ${name}`, 'optimum', name] as const),
  ['smoothing lowers the infidelity of gradient', 'smooth gradient', 'gradient'],
  ['smoothing lowers the infidelity of path-gradient', 'smooth path-gradient', 'path-gradient'],
  ['path-gradient (integrated gradients) has lower infidelity than gradient', 'path-gradient', 'gradient'],
];
const sensitivityClaims: typeof infidelityClaims = [
  ['smoothing lowers the sensitivity of gradient', 'smooth gradient', 'gradient'],
  ['smoothing lowers the sensitivity of path-gradient', 'smooth path-gradient', 'path-gradient'],
  ['path-gradient (integrated gradients) has lower sensitivity than gradient', 'path-gradient', 'gradient'],
];

function claimsOf(measured: Measured) {
  const verdict = (numbers: PerExplainer, low: string, high: string): Verdict =>
    isLower(numbers[names.indexOf(low)], numbers[names.indexOf(high)]);
  return {
    infidelity: infidelityClaims.map(
      ([claim, low, high]) => [claim, ...scales.map((scale) => verdict(measured[scale], low, high))] as const,
    ),
    sensitivity: sensitivityClaims.map(
      ([claim, low, high]) => [claim, verdict(measured.sensitivity, low, high)] as const,
    ),
  };
}

await main();
