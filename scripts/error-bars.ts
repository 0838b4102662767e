/**
 * Measures the error bars of infidelity: how often the 95 % interval contains the true value, for errors with a known mean, with 50, 200
 * and 1000 draws and with early stopping. `npx tsx scripts/error-bars.ts [runs]`, default 1000 runs.
 */
import { type Coverage, coverage } from './error-bars/coverage.js';
import { type Family, families } from './error-bars/families.js';

const runs = Number(process.argv[2] ?? 1000);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

console.log(`95 % intervals of ${runs} runs that hold the truth (value ± 1.96 stderr in brackets)\n`);
console.log('| errors | 50 draws | 200 draws | 1000 draws |');
console.log('| --- | --- | --- | --- |');
for (const family of families) {
  const cells: string[] = [];
  for (const draws of [50, 200, 1000]) cells.push(cell(await coverage(family, runs, { draws })));
  console.log(`| ${family.name} | ${cells.join(' | ')} |`);
}

console.log('\nWith early stopping, of at most 20 000 draws; the standard error asked for takes so many\n');
console.log('| errors | draws needed | hold the truth | bias | draws reported | reached |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const family of families) {
  for (const needed of [100, 1000]) await printStopping(family, needed);
}

function cell({ covered, plain, warned }: Coverage): string {
  return `${percent(covered)} (${percent(plain)})${warned > 0 ? `, ${percent(warned)} warned` : ''}`;
}

async function printStopping(family: Family, needed: number): Promise<void> {
  const stderr = family.deviation / Math.sqrt(needed);
  const found = await coverage(family, runs, { draws: 20_000, stderr });
  const bias = `${percent(found.bias)} ± ${percent(found.biasError)}`;
  const cells = [cell(found), bias, found.draws.toFixed(0), percent(found.reached)];
  console.log(`| ${family.name} | ${needed} | ${cells.join(' | ')} |`);
}
