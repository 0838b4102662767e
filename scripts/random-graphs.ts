/**
 * Checks gradients, once and twice, on random graphs over the whole table of operators:
 *
 *   pnpm exec tsx scripts/random-graphs.ts --count 50000 --seed 0
 *
 * prints the count, the first seed, and every graph that fails, reduced to a smaller one. The exit status is 1 if a graph fails.
 */
import { parseArgs } from 'node:util';
import { violationOf } from '../packages/graph/test/random/laws.js';
import { type RandomCase, randomCase } from '../packages/graph/test/random/random-case.js';
import { show, shrunk } from '../packages/graph/test/random/shrink.js';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '2000' }, seed: { type: 'string', default: '0' } },
});
const [count, seed] = [Number(values.count), Number(values.seed)];

function report(one: RandomCase, why: string): void {
  const small = shrunk(one);
  process.stdout.write(`${one.seed}: ${why}\n${show(small)}\n  ${violationOf(small)}\n\n`);
}

let [failures, nodes, tied] = [0, 0, 0];
const ops = new Set<string>();
const start = performance.now();
for (let i = seed; i < seed + count; i++) {
  const one = randomCase(i);
  nodes += one.graph.nodes.length;
  tied += Number(one.tied);
  for (const { op } of one.graph.nodes) ops.add(op);
  const why = violationOf(one);
  if (why !== undefined) {
    failures++;
    report(one, why);
  }
  if ((i - seed + 1) % 1000 === 0) process.stderr.write(`${i - seed + 1} graphs, ${failures} failures\n`);
}
const seconds = Math.round((performance.now() - start) / 1000);
process.stdout.write(
  `${count} graphs from seed ${seed}: ${failures} failures. ${nodes} nodes of ${ops.size} operators, ${tied} graphs with ties, ${seconds} s.\n`,
);
process.exitCode = failures === 0 ? 0 : 1;
