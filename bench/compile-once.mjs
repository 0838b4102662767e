/**
 * Compiles one file as plain Node runs the built packages, and prints what it took: seconds to load the compiler, to read, to
 * differentiate and to write the gradient to disk, and the bytes by which the process grew at its largest.
 */
import { readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

const [path] = process.argv.slice(2);
if (path === undefined || path === '--help') {
  (path === undefined ? console.error : console.log)('usage: node bench/compile-once.mjs FILE.onnx');
  process.exit(path === undefined ? 2 : 0);
}
const times = [performance.now()];
const done = (value) => {
  times.push(performance.now());
  return value;
};

const { grad, read, writeChunks } = done(await import('@onnxplain/graph'));
const before = process.memoryUsage.rss();
const graph = done(read(readFileSync(path)));
const gradient = done(grad(graph));
const written = `${path}.gradient`;
done(await writeFile(written, writeChunks(gradient)));
rmSync(written);

const [load, ...stages] = times.slice(1).map((time, i) => (time - times[i]) / 1000);
console.log(
  JSON.stringify({
    load,
    stages,
    memory: 1024 * process.resourceUsage().maxRSS - before,
    nodes: [graph.nodes.length, gradient.nodes.length],
  }),
);
