/** The main job on the shipped default: digits explained five ways, the explanations measured, a report written. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const squares = 'square(sizes=[1,10], positions=all)';
const given = process.argv.slice(2);

const asked = [
  ...['evaluate', 'models/mnist-cnn.onnx'],
  ...[2, 4, 7, 9].flatMap((digit) => ['--input', `models/digits/${digit}.png`]),
  ...['--explainer', 'gradient'],
  ...['--explainer', 'integrated-gradients(steps=50)'],
  ...['--explainer', 'smooth(gradient, gaussian(0.2), draws=50)'],
  ...['--explainer', 'optimal(noisy-baseline(0.2), draws=3000)'],
  ...['--explainer', `optimal(${squares})`],
  ...['--metric', 'infidelity(noisy-baseline(0.2), draws=2000)'],
  ...['--metric', `infidelity(${squares})`],
  ...['--metric', 'sensitivity-max(radius=0.1, draws=5)'],
  ...['-o', 'out/demo', ...given],
];

const shown = asked.map((word) => (/[ ()[\]]/.test(word) ? `'${word}'` : word)).join(' ');
process.stderr.write(`onnxplain ${shown}\n\n`);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'packages/onnxplain/dist/cli/main.js'), ...asked],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
