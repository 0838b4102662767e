/**
 * The first table of [Y19] on the shipped digits model: mean infidelity under noisy-baseline perturbations and max-sensitivity of
 * gradient, path-gradient (integrated gradients as a slope), their smoothed forms and the optimum, on shared draws.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Attribution,
  type Explainer,
  fold,
  gradient,
  infidelity,
  type Key,
  key,
  noisyBaseline,
  open,
  optimal,
  pathGradient,
  predict,
  type Score,
  score,
  sensitivityMax,
  smooth,
  type Tensor,
  tensor,
  uniform,
} from 'onnxplain';
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
  },
});
const [digits, draws, optimalDraws, sensitivityDraws, seed] = [
  given.digits,
  given.draws,
  given['optimal-draws'],
  given['sensitivity-draws'],
  given.seed,
].map(Number);

const perturbation = noisyBaseline({ sigma: 0.2 });
const noise = uniform({ radius: 0.2, ball: 'linf' });
const explainers: Readonly<Record<string, Explainer>> = {
  gradient: gradient(),
  'path-gradient': pathGradient({ steps: 20 }),
  'smooth gradient': smooth(gradient(), noise, { draws: 50 }),
  'smooth path-gradient': smooth(pathGradient({ steps: 10 }), noise, { draws: 50 }),
  optimum: optimal(perturbation, { draws: optimalDraws }),
};
const names = Object.keys(explainers);
const faithfulness = infidelity(perturbation, { draws });
const stability = sensitivityMax({ radius: 0.2, ball: 'linf', draws: sensitivityDraws });

interface Column {
  readonly infidelity: readonly number[];
  readonly sensitivity: readonly number[];
}

async function measure(f: Score, x: Tensor, base: Key): Promise<Column> {
  const made: Attribution[] = await Promise.all(
    names.map((name) => explainers[name](f, x, fold(base, 'explain'))),
  );
  const subjects = made.map((attribution, i) => ({ f, x, attribution, explain: explainers[names[i]] }));
  if (faithfulness.compare === undefined) throw new Error('infidelity compares attributions on shared draws');
  const { estimates } = await faithfulness.compare(subjects, fold(base, 'infidelity'));
  const bounds = [];
  for (const subject of subjects) bounds.push(await stability.measure(subject, fold(base, 'sensitivity')));
  return { infidelity: estimates.map(numberOf), sensitivity: bounds.map(numberOf) };
}

function numberOf(estimate: { kind: string; value?: number }): number {
  if (estimate.value === undefined) throw new Error(`an estimate of kind ${estimate.kind} has no value`);
  return estimate.value;
}

async function main(): Promise<void> {
  await using model = await open(given.model);
  const test = readDigits(packagedDigits(), 't10k');
  const columns: Column[] = [];
  for (let i = 0; i < digits; i++) {
    const x = tensor(imageRows(test, i, i + 1), [1, 28, 28]);
    const [best] = (await predict(model, {}, tensor(x.data, [1, 1, 28, 28]))).classes;
    const f = await score(model, { target: best });
    columns.push(await measure(f, x, fold(key(seed), i)));
    process.stderr.write(`\rdigit ${i + 1} of ${digits}`);
  }
  process.stderr.write('\n');
  print(
    names.map((_, k) => columns.map((c) => c.infidelity[k])),
    names.map((_, k) => columns.map((c) => c.sensitivity[k])),
  );
}

type PerExplainer = readonly (readonly number[])[];

function print(infidelities: PerExplainer, sensitivities: PerExplainer): void {
  const claims = claimsOf(infidelities, sensitivities);
  if (given.json) {
    process.stdout.write(
      `${JSON.stringify({ definition: faithfulness.definition, names, infidelities, sensitivities, claims }, null, 2)}\n`,
    );
    return;
  }
  const cell = ({ mean, stderr }: Summary) => `${mean.toPrecision(4)} ± ${stderr.toPrecision(2)}`;
  const rows = names.map((name, k) => [
    name,
    cell(summarise(infidelities[k])),
    cell(summarise(sensitivities[k])),
  ]);
  const lines = [
    `| explainer | infidelity, ${perturbation.expression} | max-sensitivity, l-inf radius 0.2 |`,
    '|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...claims.map(([claim, verdict]) => `- ${claim}: ${verdict}`),
  ];
  process.stdout.write(
    `Mean over ${digits} test digits ± standard error, ${draws} shared draws.\n\n${lines.join('\n')}\n`,
  );
}

function claimsOf(
  infidelities: PerExplainer,
  sensitivities: PerExplainer,
): readonly (readonly [string, Verdict])[] {
  const [plain, path, smoothPlain, smoothPath, best] = infidelities;
  const [sPlain, sPath, sSmoothPlain, sSmoothPath] = sensitivities;
  const others = [plain, path, smoothPlain, smoothPath];
  return [
    ...others.map(
      (other, k) => [`the optimum has lower infidelity than ${names[k]}`, isLower(best, other)] as const,
    ),
    ['smoothing lowers the infidelity of gradient', isLower(smoothPlain, plain)],
    ['smoothing lowers the infidelity of path-gradient', isLower(smoothPath, path)],
    ['smoothing lowers the sensitivity of gradient', isLower(sSmoothPlain, sPlain)],
    ['smoothing lowers the sensitivity of path-gradient', isLower(sSmoothPath, sPath)],
    ['path-gradient (integrated gradients) has lower infidelity than gradient', isLower(path, plain)],
    ['path-gradient (integrated gradients) has lower sensitivity than gradient', isLower(sPath, sPlain)],
  ];
}

await main();
