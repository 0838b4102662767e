/**
 * Measures how much time each pass of `lower` saves on ONNX Runtime's CPU provider, on small networks with random weights: the time of value
 * and gradient without the pass, divided by the time with all passes, and the same for the graph that is not lowered. It takes the least
 * CPU time of one thread over several alternating rounds, so that other programs have little influence.
 *
 *     tsx bench/lowering.ts [--rounds 15]
 */
import {
  attr,
  type Builder,
  builderOf,
  constantFrom,
  emptyGraph,
  type Graph,
  grad,
  loweringPasses,
  loweringTargets,
  prune,
  write,
} from '@onnxplain/graph';
import { openSession } from '@onnxplain/runtime';
import { benchArguments } from './arguments.js';

const { values: given } = benchArguments({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(given.rounds);
const BATCH = 8;
const SIZE = 96;
const CLASSES = 10;

interface Layer {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
  /** Highest value of the rectifier; default: none. */
  readonly top?: number;
  /** Kernel of a pool of stride 2 after the rectifier; default: no pool. */
  readonly pool?: number;
}

const networks: Readonly<Record<string, readonly Layer[]>> = {
  'plain (VGG)': [
    { channels: 32, kernel: 3, pool: 2 },
    { channels: 64, kernel: 3, pool: 2 },
    { channels: 64, kernel: 3 },
  ],
  'strided (ResNet)': [
    { channels: 32, kernel: 7, stride: 2, pool: 3 },
    { channels: 32, kernel: 3 },
    { channels: 64, kernel: 3, stride: 2 },
  ],
  'depthwise (MobileNet)': [
    { channels: 32, kernel: 3, stride: 2, top: 6 },
    { channels: 32, kernel: 3, depthwise: true, top: 6 },
    { channels: 64, kernel: 1, top: 6 },
    { channels: 64, kernel: 3, stride: 2, depthwise: true, top: 6 },
    { channels: 128, kernel: 1, top: 6 },
  ],
};

let state = 1;
/** Numbers in [-1, 1), the same in every run. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}

function weights(b: Builder, dims: readonly number[], fanIn: number): string {
  const size = dims.reduce((n, d) => n * d, 1);
  const values = Array.from({ length: size }, () => random() * Math.sqrt(6 / fanIn));
  return b.constant(constantFrom('float32', dims, values));
}

function append(
  b: Builder,
  x: string,
  { channels, kernel, stride = 1, depthwise, top, pool }: Layer,
): string {
  const before = Number(b.dims(x)[1]);
  const group = depthwise ? before : 1;
  const dims = [channels, before / group, kernel, kernel];
  const convolved = b.emit('Conv', [x, weights(b, dims, (before / group) * kernel * kernel)], {
    kernel_shape: attr.ints([kernel, kernel]),
    strides: attr.ints([stride, stride]),
    pads: attr.ints(new Array<number>(4).fill(kernel >> 1)),
    group: attr.int(group),
  });
  const bounds = top === undefined ? [] : [b.scalar(0, x), b.scalar(top, x)];
  const rectified = b.emit(top === undefined ? 'Relu' : 'Clip', [convolved, ...bounds]);
  if (pool === undefined) return rectified;
  return b.emit('MaxPool', [rectified], {
    kernel_shape: attr.ints([pool, pool]),
    strides: attr.ints([2, 2]),
    pads: attr.ints(new Array<number>(4).fill(pool === 3 ? 1 : 0)),
  });
}

function networkOf(layers: readonly Layer[]): Graph {
  const image = { name: 'image', dtype: 'float32', dims: ['N', 3, SIZE, SIZE] } as const;
  const b = builderOf({ ...emptyGraph({ '': 18 }), inputs: [image] });
  const last = layers.reduce((x, layer) => append(b, x, layer), 'image');
  const channels = Number(b.dims(last)[1]);
  const pooled = b.emit('Flatten', [b.emit('GlobalAveragePool', [last])]);
  const logits = b.emit('MatMul', [pooled, weights(b, [channels, CLASSES], channels)]);
  return b.build([{ name: logits, ...b.type(logits) }]);
}

const image = {
  dtype: 'float32',
  dims: [BATCH, 3, SIZE, SIZE],
  data: Float32Array.from({ length: BATCH * 3 * SIZE * SIZE }, random),
} as const;
const target = { dtype: 'int64', dims: [BATCH], data: new BigInt64Array(BATCH) } as const;

const all = loweringTargets['ort-cpu'];

function variants(gradient: Graph): Readonly<Record<string, Graph>> {
  const by = (names: readonly (typeof all)[number][]) =>
    prune(names.reduce<Graph>((graph, name) => loweringPasses[name](graph), gradient));
  const without = all.map((name) => [`without ${name}`, by(all.filter((other) => other !== name))] as const);
  return { all: by(all), plain: gradient, ...Object.fromEntries(without) };
}

for (const [name, layers] of Object.entries(networks)) {
  const graphs = Object.entries(variants(grad(networkOf(layers))));
  const sessions = await Promise.all(
    graphs.map(
      async ([variant, graph]) => [variant, await openSession(write(graph), { threads: 1 })] as const,
    ),
  );
  const times = Object.fromEntries(sessions.map(([variant]) => [variant, Number.POSITIVE_INFINITY]));
  for (let round = -1; round < rounds; round++) {
    for (const [variant, session] of sessions) {
      const before = process.cpuUsage();
      await session.run({ image, target });
      const took = process.cpuUsage(before);
      if (round >= 0) times[variant] = Math.min(times[variant], (took.user + took.system) / 1e6);
    }
  }
  console.log(`${name}: ${(times.all * 1000).toFixed(1)} ms with all passes`);
  for (const [variant, time] of Object.entries(times))
    if (variant !== 'all') console.log(`  ${variant}: ${(time / times.all).toFixed(2)} times`);
  await Promise.all(sessions.map(([, session]) => session.release()));
}
