/**
 * Times the forward passes of models of one input shape, interleaved: `npx tsx scripts/forward-times.ts [--rows 50] [--rounds 60] MODEL...`.
 * Prints the median of each and its share of the first one's.
 */
import { parseArgs } from 'node:util';
import { key, sizeOf, stream } from '@onnxplain/core';
import { open } from '@onnxplain/runtime';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '60' },
    threads: { type: 'string' },
  },
});
const [rows, rounds] = [given.rows, given.rounds].map(Number);
const threads = given.threads === undefined ? undefined : Number(given.threads);

const models = await Promise.all(positionals.map((path) => open(path, { device: 'cpu', threads })));
const times = models.map((): number[] => []);
for (let round = -3; round < rounds; round++) {
  for (const [m, model] of models.entries()) {
    const [{ name, dims = [] }] = model.inputs;
    const shape = [rows, ...dims.slice(1).map(Number)];
    const data = new Float32Array(sizeOf(shape));
    stream(key(round + 3)).fillUniform(data, 0, 1);
    const feeds = { [name]: { dtype: 'float32', dims: shape, data } } as const;
    const started = performance.now();
    await model.run(feeds);
    // The first rounds open the sessions.
    if (round >= 0) times[m].push(performance.now() - started);
  }
}
const medians = times.map((of) => of.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]);
positionals.forEach((path, m) => {
  console.log(
    `${path}: ${medians[m].toFixed(2)} ms for ${rows} rows, ${(medians[m] / medians[0]).toFixed(3)} of the first`,
  );
});
for (const model of models) await model.close();
