/**
 * Measures the compiler: the time and memory to read a model, differentiate it (which canonicalises it) and write the gradient. The inputs
 * are a model of 100 MB (goal: at most 3 s, and memory of at most 3 times the file) and chains of nodes (goal: linear time, at most 2 s for
 * 10 000 nodes). Each measurement runs the built packages in a process of its own, so build them first.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attr, type Builder, constantFrom, emptyBuilder, write } from '@onnxplain/graph';
import { benchArguments } from './arguments.js';
import { median } from './time.js';

/** The output of `compile-once.mjs`. */
interface Cost {
  /** Seconds to load the compiler. */
  readonly load: number;
  /** Seconds to read, differentiate and write. */
  readonly stages: readonly [read: number, grad: number, write: number];
  /** Peak growth of the memory of the process, in bytes. */
  readonly memory: number;
  readonly nodes: readonly [forward: number, gradient: number];
}

const ROUNDS = 5;
const numbers = (b: Builder, dims: readonly number[]): string => {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 1000) / 1e4;
  return b.constant({ dtype: 'float32', dims, data });
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

const once = join(import.meta.dirname, 'compile-once.mjs');

function report(label: string, bytes: Uint8Array): void {
  const folder = mkdtempSync(join(tmpdir(), 'onnxplain-'));
  const path = join(folder, 'model.onnx');
  try {
    writeFileSync(path, bytes);
    const costs = Array.from(
      { length: ROUNDS },
      (): Cost => JSON.parse(execFileSync(process.execPath, [once, path], { encoding: 'utf8' })),
    );
    const middle = (of: (cost: Cost) => number) => median(costs.map(of));
    const stages = ['read', 'grad', 'write'].map(
      (name, i) => `${name} ${middle((c) => c.stages[i]).toFixed(2)}`,
    );
    const total = middle((c) => c.stages[0] + c.stages[1] + c.stages[2]);
    const memory = middle((c) => c.memory);
    const [forward, gradient] = costs[0].nodes;
    console.log(`${label}, ${forward} nodes, gradient ${gradient}, ${(bytes.length / 1e6).toFixed(1)} MB`);
    console.log(
      `  ${total.toFixed(2)} s (${stages.join(', ')}), after ${middle((c) => c.load).toFixed(2)} s to load`,
    );
    console.log(
      `  memory ${(memory / 1e6).toFixed(0)} MB, ${(memory / bytes.length).toFixed(2)} times the file\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

benchArguments({});
report('network', network());
for (const nodes of [1000, 10_000, 20_000]) report('chain', chain(nodes));
