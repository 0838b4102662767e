/**
 * Prints what compiling costs: read + grad (which makes the graph canonical) + write of a model of 100 MB (at most 3 s and 3 times the file in memory
 * wanted) and of chains of nodes (linear; 10 000 nodes in at most 2 s wanted), each in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attr, type Builder, constantFrom, emptyBuilder, grad, read, write } from '@onnxplain/graph';
import { median } from './time.js';

interface Cost {
  readonly seconds: Readonly<Record<'read' | 'grad' | 'write', number>>;
  /** Bytes that the process grew by at its largest. */
  readonly memory: number;
  readonly nodes: number;
}

const ROUNDS = 3;
const numbers = (b: Builder, dims: readonly number[]): string => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return b.constant(
    constantFrom(
      'float32',
      dims,
      Float64Array.from({ length: size }, (_, i) => ((i * 7919) % 1000) / 1e4),
    ),
  );
};

/** A network of 3x3 convolutions of 512 channels with normalisation and rectifiers, about 100 MB. */
function network(): Uint8Array {
  const b = emptyBuilder(18);
  const input = { name: 'x', dtype: 'float32', dims: ['N', 512, 14, 14] } as const;
  const c = b.inside({ inputs: [input] });
  let x: string = input.name;
  for (let layer = 0; layer < 11; layer++) {
    const convolved = c.emit('Conv', [x, numbers(c, [512, 512, 3, 3])], { pads: attr.ints([1, 1, 1, 1]) });
    const statistics = [0, 1, 2, 3].map(() => numbers(c, [512]));
    x = c.emit('Relu', [c.emit('BatchNormalization', [convolved, ...statistics])]);
  }
  const pooled = c.emit('Flatten', [c.emit('GlobalAveragePool', [x])]);
  const y = c.emit('Gemm', [pooled, numbers(c, [512, 1000])]);
  return write({ ...c.build([{ name: y, ...c.type(y) }], [input]), name: 'network' });
}

/** tanh(a tanh(a ... x)): half of the nodes are products. */
function chain(nodes: number): Uint8Array {
  const input = { name: 'x', dtype: 'float32', dims: ['N', 4] } as const;
  const b = emptyBuilder(18).inside({ inputs: [input] });
  const half = b.constant(constantFrom('float32', [4], [1.1, 0.9, 1.2, 0.8]));
  let x: string = input.name;
  for (let i = 0; i < nodes; i += 2) x = b.emit('Tanh', [b.emit('Mul', [x, half])]);
  return write({ ...b.build([{ name: x, ...b.type(x) }], [input]), name: 'chain' });
}

/** Compiles one file and tells what it took. */
function compile(path: string): Cost {
  const before = process.memoryUsage.rss();
  const times: number[] = [performance.now()];
  const timed = <T>(value: T): T => {
    times.push(performance.now());
    return value;
  };
  const graph = timed(read(readFileSync(path)));
  const gradient = timed(grad(graph));
  timed(write(gradient));
  const stage = (i: number) => (times[i + 1] - times[i]) / 1000;
  const seconds = { read: stage(0), grad: stage(1), write: stage(2) };
  const memory = 1024 * process.resourceUsage().maxRSS - before;
  return { seconds, memory, nodes: graph.nodes.length };
}

/** Of several processes the median of each number. */
function costOf(path: string): Cost {
  const runs = Array.from({ length: ROUNDS }, (): Cost => {
    const out = execFileSync(process.execPath, [...process.execArgv, import.meta.filename, path], {
      encoding: 'utf8',
    });
    return JSON.parse(out);
  });
  const middle = (of: (cost: Cost) => number) => median(runs.map(of));
  return {
    seconds: {
      read: middle(({ seconds }) => seconds.read),
      grad: middle(({ seconds }) => seconds.grad),
      write: middle(({ seconds }) => seconds.write),
    },
    memory: middle(({ memory }) => memory),
    nodes: runs[0].nodes,
  };
}

function report(label: string, bytes: Uint8Array): void {
  const folder = mkdtempSync(join(tmpdir(), 'onnxplain-'));
  const path = join(folder, 'model.onnx');
  try {
    writeFileSync(path, bytes);
    const { seconds, memory, nodes } = costOf(path);
    const total = Object.values(seconds).reduce((sum, each) => sum + each, 0);
    const stages = Object.entries(seconds).map(([name, each]) => `${name} ${each.toFixed(2)}`);
    const size = statSync(path).size;
    console.log(
      `${label}, ${nodes} nodes, ${(size / 1e6).toFixed(1)} MB: ${total.toFixed(2)} s (${stages.join(', ')})`,
    );
    console.log(`  memory ${(memory / 1e6).toFixed(0)} MB, ${(memory / size).toFixed(2)} times the file\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [given] = process.argv.slice(2);
if (given !== undefined) {
  console.log(JSON.stringify(compile(given)));
} else {
  report('network', network());
  for (const nodes of [1000, 10_000, 20_000]) report('chain', chain(nodes));
}
