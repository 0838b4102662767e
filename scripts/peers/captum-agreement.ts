/**
 * The other half of captum_agreement.py: `draws FOLDER` writes perturbations that Captum is to use, `compare FOLDER` computes what Captum
 * computed and prints how far they are apart. Exits with 1 where numbers of the same draws differ by more than 1e-5 of their size,
 * and Shapley values, which Captum sums over 8! permutations in float32, by more than 1e-3.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixed, gaussian, key, tensor } from '@onnxplain/core';
import { gradient, kernelShap, leaveOneOut, lime, shapley, smooth } from '@onnxplain/explainers';
import { infidelity, sensitivityMax } from '@onnxplain/metrics';
import { open, score } from 'onnxplain';

const [step, folder] = process.argv.slice(2);
type Rows = readonly (readonly number[])[];
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const rows = (list: Rows) => tensor(Float32Array.from(list.flat()), [list.length, list[0].length]);
const given = read('input.json');
const x = tensor(Float32Array.from(given.x[0]), [given.x[0].length]);
const DRAWS = 150;
/** Relative difference that the sampling of Captum may cause: a few standard errors of its thousands of samples. */
const SAMPLED = 0.05;

if (step === 'draws') {
  const { deltas } = gaussian({ sigma: 0.2 })(x, key(5), 0, DRAWS);
  const list = Array.from({ length: DRAWS }, (_, i) =>
    Array.from(deltas.data.subarray(i * x.data.length, (i + 1) * x.data.length)),
  );
  writeFileSync(join(folder, 'draws.json'), JSON.stringify({ deltas: list }));
} else process.exitCode = await compare();

async function compare(): Promise<number> {
  const theirs = read('captum.json');
  await using model = await open(join(folder, 'model.onnx'));
  const f = await score(model, { target: given.class });
  const explain = gradient();
  const attribution = await explain(f, x, key(0));
  const subject = { f, x, explain, attribution };
  const lines: Line[] = [];
  const add = (name: string, ours: ArrayLike<number>, captum: Rows | readonly number[], within = 1e-5) =>
    lines.push({ name, ours: Array.from(ours), captum: captum.flat(), within });
  add('gradient (Saliency, signed)', attribution.values.data, theirs.gradient);
  const draws = { captum: rows(theirs.noise), onnxplain: rows(read('draws.json').deltas) };
  for (const [who, deltas] of Object.entries(draws)) {
    const stored = fixed(deltas);
    const number = async (metric: ReturnType<typeof infidelity>) => {
      const { estimate } = await metric.measure(subject, key(1));
      return ['value' in estimate ? estimate.value : Number.NaN];
    };
    add(`infidelity, draws of ${who}`, await number(infidelity(stored)), theirs[`infidelity ${who}`]);
    const scaled = infidelity(stored, { scale: 'optimal' });
    add(
      `infidelity normalised, draws of ${who}`,
      await number(scaled),
      theirs[`infidelity normalised ${who}`],
    );
    const stability = sensitivityMax({ perturbation: stored, normalize: true });
    add(`sensitivity, draws of ${who}`, await number(stability), theirs[`sensitivity ${who}`]);
  }
  const exact = (await kernelShap()(f, x, key(2))).values.data;
  add('kernel-shap over all coalitions, ShapleyValues', exact, theirs.shapley, 1e-3);
  const orders = (await shapley()(f, x, key(2))).values.data;
  add('shapley over all coalitions, ShapleyValues', orders, theirs.shapley, 1e-3);
  add('Shapley values, 2000 permutations of Captum', exact, theirs['shapley sampled'], SAMPLED);
  add('KernelSHAP, 4000 samples of Captum', exact, theirs['kernel-shap'], SAMPLED);
  add('lime over all coalitions', (await lime()(f, x, key(2))).values.data, theirs.lime, 1e-4);
  const noisy = rows(theirs['smooth inputs']);
  const noise = { ...noisy, data: noisy.data.map((value, i) => x.data[i % x.data.length] - value) };
  const smoothed = await smooth(gradient(), fixed(noise))(f, x, key(3));
  add('NoiseTunnel, noise of captum', smoothed.values.data, theirs.smooth);
  const other = tensor(Float32Array.from(theirs.other[0]), x.shape);
  const removed = await leaveOneOut({ baseline: other })(f, x, key(4));
  add('feature permutation of two rows', removed.values.data, theirs.permutation);
  return print(lines, theirs);
}

interface Line {
  readonly name: string;
  readonly ours: readonly number[];
  readonly captum: readonly number[];
  /** Greatest relative difference that counts as agreement. */
  readonly within: number;
}

function print(lines: readonly Line[], { captum, torch }: { captum: string; torch: string }): number {
  console.log(`Captum ${captum}, torch ${torch}; greatest difference over the greatest number of Captum\n`);
  console.log('| what | numbers | relative difference | |');
  console.log('|---|---|---|---|');
  let failed = 0;
  for (const { name, ours, captum: theirs, within } of lines) {
    const size = Math.max(...theirs.map(Math.abs));
    const difference = Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]))) / size;
    const agrees = ours.length === theirs.length && difference <= within;
    if (!agrees) failed = 1;
    const verdict = `${agrees ? 'agrees' : 'differs'} (at most ${within})`;
    console.log(`| ${name} | ${ours.length} | ${difference.toExponential(1)} | ${verdict} |`);
  }
  return failed;
}
