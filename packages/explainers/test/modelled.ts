import {
  type BackwardRules,
  fail,
  type Internals,
  multiply,
  rulesParts,
  type Score,
  type Shape,
  scale,
  sizeOf,
  subtract,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';

/**
 * A function as if it were a model of one layer: other backward passes do what they would do there, and the inside shows the input
 * itself ("input"), its halves along the last axis pooled ("pooled"), and even attention over its positions.
 */
export function modelled(f: Score): Score {
  return {
    ...f,
    with: async ({ rules = f.rules, link }) => withRules(link === 'margin' ? raised(f) : f, rules),
    internals: internalsOf(f),
  };
}

/** f + 3, which stands for a margin: it is above 0 at the inputs of the tests, and below 0 at some of their neighbours. */
function raised(f: Score): Score {
  return { ...f, value: async (batch) => (await f.value(batch)).map((value) => value + 3) };
}

function withRules(f: Score, named: BackwardRules): Score {
  const { name: rules, baseline } = rulesParts(named);
  if (rules.startsWith('lrp-')) {
    return { ...f, rules, gradient: async (batch) => multiply(batch, await f.gradient(batch)) };
  }
  if (rules !== 'deep-lift') return { ...f, rules };
  if (baseline === undefined) {
    return fail({ code: 'not-applicable', where: rules, expected: 'a baseline', got: 'none' });
  }
  return { ...f, rules, gradient: (batch) => multipliers(f, batch, baseline) };
}

/** The mean of both ends' gradients: complete on quadratic functions. */
async function multipliers(f: Score, batch: Tensor, baseline: Tensor): Promise<Tensor> {
  const there = zeros(batch.shape);
  for (let i = 0; i < batch.shape[0]; i++) there.data.set(baseline.data, i * baseline.data.length);
  const [here, away] = [await f.gradient(batch), await f.gradient(there)];
  return scale(subtract(here, scale(away, -1)), 0.5);
}

function internalsOf(f: Score): Internals {
  const [channels, height, width] = f.shape;
  const shapes: Readonly<Record<string, Shape>> = {
    input: f.shape,
    pooled: [channels, height, width / 2],
    attention: [1, height * width, height * width],
  };
  const shown = (name: string, batch: Tensor): Tensor => {
    if (name === 'input') return batch;
    const n = batch.shape[0];
    const shape = [n, ...shapes[name]];
    if (name === 'pooled') return tensor(halved(batch), shape);
    return tensor(new Float64Array(sizeOf(shape)).fill(1 / (height * width)), shape);
  };
  return {
    attention: ['attention'],
    layers: (names) => ({
      shapes: names.map((name) => shapes[name]),
      values: async (batch) => names.map((name) => shown(name, batch)),
      async gradients(batch) {
        const gradient = await f.gradient(batch);
        return names.map((name) => ({ value: shown(name, batch), gradient: shown(name, gradient) }));
      },
    }),
  };
}

/** Means of neighbours along the last axis. */
function halved({ data }: Tensor): Float64Array {
  return Float64Array.from({ length: data.length / 2 }, (_, i) => (data[2 * i] + data[2 * i + 1]) / 2);
}
