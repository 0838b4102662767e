/** Explains digits with the shipped model in five ways, measures the explanations and writes a report. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { demonstration } from './demonstration.js';

const root = join(import.meta.dirname, '..');
const { digits, explainers, metrics } = demonstration;
const given = process.argv.slice(2);

const words = [
  ...['evaluate', 'models/mnist-cnn.onnx'],
  ...digits.flatMap((digit) => ['--input', `models/digits/${digit}.png`]),
  ...explainers.flatMap((expression) => ['--explainer', expression]),
  ...metrics.flatMap((expression) => ['--metric', expression]),
  ...(given.some((word) => /^(-o|--out(=|$))/.test(word)) ? [] : ['-o', 'out/demo']),
  ...given,
];

const shown = words.map((word) => (/[ ()[\]]/.test(word) ? `'${word}'` : word)).join(' ');
process.stderr.write(`onnxplain ${shown}\n\n`);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'packages/onnxplain/dist/cli/main.js'), ...words],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
