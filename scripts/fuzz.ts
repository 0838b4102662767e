/**
 * Damages small models and takes each through reading, inspection, differentiation, writing and rereading, then (unless --no-runs) opens it and
 * runs its gradient in a process that is watched. Prints how many mutants ended how, and every defect with the mutant that shows it again:
 * an error without a code of its own, a gradient file that the reader refuses, more than 10 s. Exits with 1 where there is a defect.
 * `npx --yes pnpm@12 fuzz [--mutants 20000] [--seed 1] [--no-runs] [--only N]`
 */
import { parseArgs } from 'node:util';
import { OnnxplainError } from '@onnxplain/core';
import { isolated } from 'onnxplain/isolated';
import { mutantOf } from '../packages/graph/test/fuzz/mutants.js';
import { survive } from '../packages/graph/test/fuzz/survives.js';
import type { MutantNumber } from './fuzz/run-mutant.js';

const { values } = parseArgs({
  options: {
    mutants: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    'no-runs': { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const [mutants, seed] = [Number(values.mutants), Number(values.seed)];
const LIMIT = 10;

await using child = isolated<MutantNumber, string>(new URL('./fuzz/run-mutant.ts', import.meta.url), {
  seconds: LIMIT,
  memoryBytes: 4 * 2 ** 30,
});

const ends = new Map<string, number>();
const defects: string[] = [];
const count = (end: string) => ends.set(end, (ends.get(end) ?? 0) + 1);
const first = (error: unknown) => (error instanceof Error ? error.message : String(error));

function compile(name: string, bytes: Uint8Array): void {
  try {
    const { code, seconds } = survive(bytes);
    count(`compiled: ${code}`);
    if (seconds > LIMIT) defects.push(`${name}: ${seconds.toFixed(1)} s`);
  } catch (error) {
    defects.push(`${name}: ${first(error)}`);
  }
}

/** An end of the process by native code, time or memory is no defect: the process that watches it says so with a code. It is named on stderr. */
async function run(name: string, i: number): Promise<void> {
  try {
    count(`ran: ${await child.call({ seed, i })}`);
  } catch (error) {
    if (error instanceof OnnxplainError && error.code !== 'internal') {
      count(`ran: ${error.code}`);
      console.error(`${name}: ${error.message}`);
    } else defects.push(`${name}, run: ${first(error)}`);
  }
}

const numbers =
  values.only === undefined ? Array.from({ length: mutants }, (_, i) => i) : [Number(values.only)];
for (const i of numbers) {
  const { name, bytes } = mutantOf(seed, i);
  compile(name, bytes);
  if (!values['no-runs']) await run(name, i);
  if (i % 1000 === 999) console.error(`${i + 1} mutants, ${defects.length} defects`);
}

console.log(`${numbers.length} mutants of seed ${seed}`);
for (const [end, n] of [...ends].sort(([, a], [, b]) => b - a)) console.log(`${`${n}`.padStart(7)} ${end}`);
console.log(`${defects.length} defects`);
for (const defect of defects) console.log(defect);
process.exitCode = defects.length === 0 ? 0 : 1;
