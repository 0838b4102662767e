/**
 * Measures how long the command line takes from its start to its end, in turn with `node` alone, which is the floor: `--help` (goal: 0.25 s)
 * and `explain` of one digit by its gradient (goal: 0.6 s), as users run it (the bundle) and module by module. Prints medians and ranges.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleCommand } from '../scripts/bundle-command.js';
import { benchArguments } from './arguments.js';
import { median } from './time.js';

const { values } = benchArguments({ options: { rounds: { type: 'string', default: '9' } } });
const root = join(import.meta.dirname, '..');
const dist = join(root, 'packages/onnxplain/dist');
await bundleCommand(dist, join(dist, 'bin'));

const digit = ['--input', join(root, 'models/digits/7.png'), '--explainer', 'gradient', '--quiet'];
const explain = ['explain', join(root, 'models/mnist-cnn.onnx'), ...digit];
const commands: Readonly<Record<string, readonly string[]>> = {
  'node alone': ['-e', '0'],
  'help, bundle': [join(dist, 'bin/main.js'), '--help'],
  'help, modules': [join(dist, 'cli/main.js'), '--help'],
  'explain, bundle': [join(dist, 'bin/main.js'), ...explain],
  'explain, modules': [join(dist, 'cli/main.js'), ...explain],
};

/** Runs node with the arguments and returns the seconds from its start to its end. */
function secondsOf(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stderr}`);
  return (performance.now() - started) / 1000;
}

const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
for (let round = -1; round < Number(values.rounds); round++) {
  for (const [name, args] of Object.entries(commands)) {
    const took = secondsOf(args);
    if (round >= 0) times.get(name)?.push(took);
  }
}
console.log('seconds from start to end: median (least to most)');
for (const [name, each] of times) {
  const [least, most] = [Math.min(...each), Math.max(...each)];
  console.log(`${name.padEnd(18)} ${median(each).toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})`);
}
