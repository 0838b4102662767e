import {
  type Attack,
  asBatch,
  defineAttack,
  type Found,
  type FreeSets,
  norm,
  row,
  type Score,
  type Tensor,
  tensor,
} from '@onnxplain/core';

/** Distances at which {@link alongGradient} looks, in units of the l2 norm. */
const DISTANCES = Array.from({ length: 40 }, (_, i) => 0.02 * 1.25 ** i);

/** Walks from the input against the gradient of the free elements, for functions of any shape. It costs one gradient a set. */
export const alongGradient: Attack = defineAttack({
  name: 'along-gradient',
  summary: 'The nearest point with a margin below 0 among some on one line.',
  options: {},
  make: () => ({
    norm: 'l2',
    search: async (margin, inputs, free) =>
      Promise.all([...free.input].map((input, set) => onLine(margin, row(inputs, input), { free, set }))),
  }),
})();

async function onLine(
  margin: Score,
  x: Tensor,
  { free, set }: { readonly free: FreeSets; readonly set: number },
): Promise<Found> {
  const { data } = await margin.gradient(asBatch(x));
  const slope = tensor(
    Float64Array.from(data, (v, i) => v * free.free[set * free.features.count + free.features.of[i]]),
    x.shape,
  );
  const length = norm(slope, 'l2');
  if (length === 0) return { above: 100, n: 1, cost: { forward: 0, backward: 1 } };
  const [low, high] = margin.bounds;
  const at = (distance: number) =>
    Float64Array.from(x.data, (v, i) =>
      slope.data[i] === 0 ? v : Math.min(Math.max(v - (distance / length) * slope.data[i], low), high),
    );
  const points = DISTANCES.map(at);
  const batch = tensor(Float64Array.from(points.flatMap((point) => [...point])), [points.length, ...x.shape]);
  const first = (await margin.value(batch)).findIndex((value) => value < 0);
  const cost = { forward: points.length, backward: 1 };
  if (first < 0) return { above: DISTANCES[DISTANCES.length - 1], n: points.length, cost };
  return { point: tensor(points[first], x.shape), n: points.length, cost };
}

/**
 * The exact minimum in the l2 norm for a linear margin without bounds: a step along the free part of its gradient, a relative 1e-9 beyond
 * the plane. None where the free part is 0.
 */
export const closedForm: Attack = defineAttack({
  name: 'closed-form',
  summary: 'The closed form for linear margins.',
  options: {},
  make: () => ({
    norm: 'l2',
    async search(margin, inputs, free) {
      const slopes = await margin.gradient(inputs);
      const values = await margin.value(inputs);
      return [...free.input].map((input, set): Found => {
        const cost = { forward: set === 0 ? inputs.shape[0] : 0, backward: set === 0 ? inputs.shape[0] : 0 };
        const { features, free: marks } = free;
        const slope = Float64Array.from(
          row(slopes, input).data,
          (v, i) => v * marks[set * features.count + features.of[i]],
        );
        const square = slope.reduce((sum, v) => sum + v * v, 0);
        if (square === 0) return { above: Number.POSITIVE_INFINITY, n: 1, cost };
        const factor = (values[input] * (1 + 1e-9)) / square;
        const point = tensor(
          Float64Array.from(row(inputs, input).data, (v, i) => v - factor * slope[i]),
          margin.shape,
        );
        return { point, n: 1, cost };
      });
    },
  }),
})();
