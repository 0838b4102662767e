/**
 * Measures statistics of few inputs: how often the 95 % interval of a mean over inputs contains the true mean, and how often one of two
 * equally good explainers is called the best. `npx tsx scripts/few-inputs.ts [seeds]`, default 1000 seeds.
 */
import { bestNamed, coverage, type Family, families } from './few-inputs/coverage.js';

const seeds = Number(process.argv[2] ?? 1000);
const sizes = [2, 4, 10];
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

console.log(
  `95 % intervals of ${seeds} seeds that hold the mean (value ± 1.96 standard errors in brackets)\n`,
);
printTable((family, n) => {
  const { student, normal } = coverage(family, { n, seeds });
  return `${percent(student)} (${percent(normal)})`;
});

console.log(
  '\nSeeds in which one of two explainers with independent values of one distribution is called the best\n',
);
printTable((family, n) => percent(bestNamed(family, { n, seeds })));

function printTable(cell: (family: Family, n: number) => string): void {
  console.log(`| values | ${sizes.map((n) => `${n} inputs`).join(' | ')} |`);
  console.log(`| --- | ${sizes.map(() => '---').join(' | ')} |`);
  for (const family of families) {
    console.log(`| ${family.name} | ${sizes.map((n) => cell(family, n)).join(' | ')} |`);
  }
}
