/** Prints the time of each operator of a forward pass and of its gradient graph, with one thread and with several. */
import type { Constant } from '@onnxplain/graph';
import { profile, type Share } from './profile.js';

export interface OperatorTimes {
  readonly forward: Uint8Array;
  readonly gradient: Uint8Array;
  readonly feeds: Readonly<Record<string, Constant>>;
  readonly threads: number;
  readonly runs: number;
}

/** Operators with a smaller share of the run are not printed. */
const NEGLIGIBLE = 0.01;

const widths = [24, 11, 12, 8, 9, 16];
const line = (cells: readonly string[]) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i]))).join('');

const sum = (shares: readonly Share[]): number => shares.reduce((total, { ms }) => total + ms, 0);

export async function printOperatorTimes({ forward, gradient, feeds, threads, runs }: OperatorTimes) {
  const sessions = [forward, gradient].flatMap((model) =>
    [1, threads].map((count) => ({ model, threads: count })),
  );
  const [alone, together, gradientAlone, gradientTogether] = await profile(sessions, { feeds, runs });
  const pass = sum(together);
  console.log(line(['forward', '1 thread ms', `${threads} threads`, 'faster', 'share', 'forward passes']));
  printTimes({ alone, together, pass });
  console.log('value and gradient');
  printTimes({ alone: gradientAlone, together: gradientTogether, pass });
}

interface Times {
  /** With one thread. */
  readonly alone: readonly Share[];
  readonly together: readonly Share[];
  /** Milliseconds of a forward pass with several threads. */
  readonly pass: number;
}

/** Columns: milliseconds with one thread and with several, their ratio; of those with several the share of the run, and forward passes. */
function printTimes({ alone, together, pass }: Times): void {
  const whole = sum(together);
  const row = (name: string, [one, several]: readonly [number, number]) =>
    line([
      `  ${name}`,
      one.toFixed(3),
      several.toFixed(3),
      (one / several).toFixed(2),
      (several / whole).toFixed(3),
      (several / pass).toFixed(2),
    ]);
  for (const { op, nodes, ms } of together) {
    if (ms < NEGLIGIBLE * whole) continue;
    const one = alone.find((share) => share.op === op)?.ms ?? 0;
    console.log(row(`${op} (${nodes})`, [one, ms]));
  }
  console.log(row('all', [sum(alone), whole]));
}
