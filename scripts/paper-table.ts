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
import { type JudgedRecord, type Judgement, judge } from 'onnxplain/papers';
import { type Measurement, openModel, queryInputs, runPlan } from 'onnxplain/pipeline';
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
const rows = Object.keys(explainers);
/** Eq. 1, Eq. 1 with the attribution times the least-squares scalar, and max-sensitivity. */
const metrics = {
  none: infidelity(perturbation, { draws, scale: 'none' }),
  optimal: infidelity(perturbation, { draws, scale: 'optimal' }),
  sensitivity: sensitivityMax({ radius: 0.2, ball: 'linf', draws: sensitivityDraws }),
};
const columns = Object.keys(metrics);

/** Pairs of explainers of which the first should have the lower infidelity, in the paper's words. */
const infidelityClaims: readonly (readonly [claim: string, row: string, than: string])[] = [
  ...rows
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

/** The table as `judge` takes it. */
const table = {
  rows: rows.map((name) => ({ name, explainer: name })),
  columns: columns.map((name) => ({ name, metric: name })),
  numbers: [],
  claims: [
    ...['none', 'optimal'].flatMap((column) =>
      infidelityClaims.map(([, row, than]) => ({ row, column, than })),
    ),
    ...sensitivityClaims.map(([, row, than]) => ({ row, column: 'sensitivity', than })),
  ],
};

/** The measurements, [digit][metric], as `judge` takes them. */
function recordOf(measurements: readonly (readonly Measurement[])[]): JudgedRecord {
  return {
    inputs: measurements,
    explainers: rows,
    metrics: Object.values(metrics),
    estimates: measurements.flatMap((ofDigit, input) =>
      ofDigit.flatMap(({ measured }, metric) =>
        measured.map((outcome, explainer) => {
          if (outcome.status !== 'done') throw new Error(outcome.reason);
          return { input, explainer, metric, status: 'done', estimate: outcome.value.estimate };
        }),
      ),
    ),
  };
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
      metrics: Object.values(metrics),
      seed,
      folder: given.ledger,
      resume: given.resume,
      say: (text) => process.stderr.write(`${text}\n`),
      onProgress: ({ stage, done, total }) => process.stderr.write(`\r${stage} ${done} of ${total} `),
    });
    process.stderr.write('\n');
    print(judge(table, recordOf(run.results.measurements)));
    await run.done();
  } finally {
    await model.close();
  }
}

function print({ cells, claims }: Judgement): void {
  if (given.json) {
    const definitions = Object.fromEntries(
      Object.entries(metrics).map(([name, { definition }]) => [name, definition]),
    );
    process.stdout.write(`${JSON.stringify({ definitions, cells, claims }, null, 2)}\n`);
    return;
  }
  const numberOf = (row: string, column: string) => {
    const { mean = Number.NaN, stderr = Number.NaN } =
      cells.find((cell) => cell.row === row && cell.column === column) ?? {};
    return `${mean.toPrecision(4)} ± ${stderr.toPrecision(2)}`;
  };
  const verdictOf = ([, row, than]: (typeof infidelityClaims)[number], column: string) =>
    claims.find((claim) => claim.row === row && claim.than === than && claim.column === column)?.verdict;
  const line = (texts: readonly (string | undefined)[]) => `| ${texts.join(' | ')} |`;
  process.stdout.write(
    [
      `Mean over ${digits} test digits ± its standard error; the class explained is the predicted one.`,
      `Infidelity: ${perturbation.expression}, ${draws} draws shared by all explainers; the optimum is fitted on ${optimalDraws} others.`,
      `Smoothing kernel: ${noise.expression} in the l-inf ball, ${SMOOTHING_DRAWS} draws.`,
      `Max-sensitivity: the greatest of ${sensitivityDraws} draws in that ball, a lower bound (≥) of the true maximum.`,
      '',
      '| explainer | infidelity, Eq. 1 (scale none) | infidelity with β (scale optimal) | max-sensitivity |',
      '|---|---|---|---|',
      ...rows.map((row) =>
        line([row, numberOf(row, 'none'), numberOf(row, 'optimal'), `≥ ${numberOf(row, 'sensitivity')}`]),
      ),
      '',
      `Verdicts go by paired t-tests over the ${digits} digits, at 95 %, corrected by Holm's method for the ${claims.length} claims:`,
      '',
      '| claim | scale none | scale optimal |',
      '|---|---|---|',
      ...infidelityClaims.map((claim) =>
        line([claim[0], verdictOf(claim, 'none'), verdictOf(claim, 'optimal')]),
      ),
      '',
      '| claim, of the lower bounds | |',
      '|---|---|',
      ...sensitivityClaims.map((claim) => line([claim[0], verdictOf(claim, 'sensitivity')])),
      '',
    ].join('\n'),
  );
}

await main();
