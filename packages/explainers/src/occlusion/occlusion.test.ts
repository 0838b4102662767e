import {
  featureValues,
  functionScore,
  key,
  linearScore,
  type OptionsOf,
  row,
  type Shape,
  sizeOfAttribution,
  type Tensor,
  tensor,
  windowAt,
  windowAxes,
  windowCount,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { occlusion } from './occlusion.js';

const seed = key(4);
const normals = normalsOf(seed);

/** Something that no symmetry of windows could get right by luck. */
function crooked(shape: Shape) {
  return functionScore({ shape, value: (x) => valueAt(shape, x) });
}

function valueAt(shape: Shape, { data }: Tensor): number {
  const w = normals('w', shape);
  return Array.from(data).reduce((s, v, i) => s + Math.sin(v * w.data[i] + s), 0);
}

/** The definition for three axes: every window at 0, s, 2s, ..., each element asks which windows cover it. */
async function slowOcclusion(
  x: Tensor,
  { window, stride, baseline }: Record<'window' | 'stride', number[]> & { baseline: number },
) {
  const [C, H, W] = x.shape;
  const f = crooked(x.shape);
  const scoreOf = async (data: Float64Array) => (await f.value(tensor(data, [1, C, H, W])))[0];
  const whole = await scoreOf(Float64Array.from(x.data));
  const starts = (dim: number, axis: number) => {
    const last = Math.ceil((dim - window[axis]) / stride[axis]);
    return Array.from({ length: last + 1 }, (_, k) => k * stride[axis]);
  };
  const sums = new Float64Array(x.data.length);
  const counts = new Float64Array(x.data.length);
  for (const c of starts(C, 0)) {
    for (const h of starts(H, 1)) {
      for (const w of starts(W, 2)) {
        const covered = Array.from(x.data.keys()).filter((i) => {
          const at = [Math.floor(i / (H * W)), Math.floor(i / W) % H, i % W];
          return at.every((v, axis) => v >= [c, h, w][axis] && v < [c, h, w][axis] + window[axis]);
        });
        const hidden = Float64Array.from(x.data, (v, i) => (covered.includes(i) ? baseline : v));
        const drop = whole - (await scoreOf(hidden));
        for (const i of covered) [sums[i], counts[i]] = [sums[i] + drop, counts[i] + 1];
      }
    }
  }
  return sums.map((sum, i) => sum / counts[i]);
}

describe('occlusion', () => {
  const x = normals('x', [3, 5, 7]);
  const cases: readonly [OptionsOf<typeof occlusion>, number[], number[]][] = [
    [{ window: [1, 2, 3] }, [1, 2, 3], [1, 2, 3]],
    [{ window: [2, 2, 3], stride: [1, 2, 2], baseline: 0.5 }, [2, 2, 3], [1, 2, 2]],
    [{ window: 2, stride: 1 }, [3, 2, 2], [3, 1, 1]],
    [{ window: 4, stride: 3, baseline: -1 }, [3, 4, 4], [3, 3, 3]],
    [{ window: [3, 7] }, [3, 3, 7], [3, 3, 7]],
    [{ window: [5, 2], stride: [5, 1] }, [3, 5, 2], [3, 5, 1]],
    [{ window: [3, 5, 7] }, [3, 5, 7], [3, 5, 7]],
    [{ window: [1, 1, 1] }, [1, 1, 1], [1, 1, 1]],
  ];
  for (const [options, window, stride] of cases) {
    it(`${occlusion(options).expression} is the mean drop over the windows that cover an element`, async () => {
      const { values } = await occlusion(options)(crooked(x.shape), x, seed);
      const slow = await slowOcclusion(x, { window, stride, baseline: Number(options.baseline ?? 0) });
      for (let i = 0; i < slow.length; i++) expect(values.data[i]).toBeCloseTo(slow[i], 12);
    });
  }

  /** The axes of [channels, height, width] in the order of each layout; sequences have height 1. */
  const orders = { chw: [0, 1, 2], hwc: [1, 2, 0], cw: [0, 2], wc: [2, 0] } as const;

  it.each(Object.entries(orders))(
    'of %s is that of the same numbers in [channels, height, width]',
    async (name, order) => {
      const layout = name as keyof typeof orders;
      const flat = order.length === 2;
      const front = flat ? normals('x', [3, 1, 7]) : x;
      const turned = order.map((axis) => front.shape[axis]);
      /** Where an element of the turned array stands in front. */
      const from = Array.from(front.data.keys(), (i) => {
        const at = [0, 0, 0];
        let rest = i;
        for (let k = order.length - 1; k >= 0; k--) {
          at[order[k]] = rest % turned[k];
          rest = Math.floor(rest / turned[k]);
        }
        return (at[0] * front.shape[1] + at[1]) * front.shape[2] + at[2];
      });
      const f = crooked(front.shape);
      const back = (data: Tensor['data']) => {
        const out = new Float64Array(from.length);
        from.forEach((place, i) => {
          out[place] = data[i];
        });
        return tensor(out, front.shape);
      };
      const g = functionScore({
        shape: turned,
        layout,
        value: ({ data }) => valueAt(front.shape, back(data)),
      });
      const turnedX = tensor(
        from.map((place) => front.data[place]),
        turned,
      );
      for (const options of [{ window: 3 }, { window: 3, stride: 2 }, { window: flat ? [4] : [2, 3] }]) {
        const expected = await occlusion({ ...options, layout: 'chw' })(f, front, seed);
        const found = await occlusion(options)(g, turnedX, seed);
        const written = await occlusion({ ...options, layout })(g, turnedX, seed);
        expect(back(found.values.data)).toEqual(expected.values);
        expect(written.values).toEqual(found.values);
        expect(found.features?.count).toBe(expected.features?.count);
      }
    },
  );

  it('of a list with a size for every axis goes by the axes as they are, whatever the layout', async () => {
    const options = { window: [2, 2, 3] };
    const plain = await occlusion(options)(crooked(x.shape), x, seed);
    const named = await occlusion({ ...options, layout: 'hwc' })(crooked(x.shape), x, seed);
    expect(named.values).toEqual(plain.values);
  });

  it.each([
    { window: 3 },
    { window: 3, stride: 2 },
    { window: [1, 2, 2], stride: [1, 2, 1] },
    { window: [3, 5, 7] },
  ])(
    '%j: elements are one feature where the same windows cover them, and have one number',
    async (options) => {
      const { values, features } = await occlusion(options)(crooked(x.shape), x, seed);
      const axes = windowAxes('occlusion', x.shape, { layout: 'chw', ...options });
      const covering = Array.from(values.data, () => '');
      for (let w = 0; w < windowCount(axes); w++) {
        const { starts, length } = windowAt(axes, w);
        for (const start of starts) for (let i = start; i < start + length; i++) covering[i] += `${w} `;
      }
      const different = [...new Set(covering)];
      expect(features?.count).toBe(different.length);
      const pairs = new Set(covering.map((windows, i) => `${windows}: ${features?.of[i]} ${values.data[i]}`));
      expect(pairs.size).toBe(different.length);
    },
  );

  it('has no features where every element is hidden alone', async () => {
    expect(await occlusion({ window: [1, 1, 1] })(crooked(x.shape), x, seed)).not.toHaveProperty('features');
  });

  it('of a token of a linear function is the drop of f, and the drops add up to all of it', async () => {
    const w = normals('w', [4, 6]);
    const tokens = normals('tokens', [4, 6]);
    const f = { ...linearScore(w, 1), layout: 'wc' } as const;
    const found = await occlusion({ window: 1, baseline: 0.5 })(f, tokens, seed);
    const drops = [0, 1, 2, 3].map((t) =>
      Array.from(row(w, t).data).reduce((sum, weight, i) => sum + weight * (row(tokens, t).data[i] - 0.5), 0),
    );
    featureValues(found).forEach((value, t) => {
      expect(value).toBeCloseTo(drops[t], 12);
    });
    expect(sizeOfAttribution(found).sum).toBeCloseTo(
      drops.reduce((a, b) => a + b),
      12,
    );
  });

  it('slides one window along a vector', async () => {
    const f = functionScore({ shape: [5], value: ({ data }) => data[0] * data[1] + 10 * data[4] });
    const { values, cost } = await occlusion({ window: 2, stride: 2 })(f, tensor([2, 3, 1, 1, 7], [5]), seed);
    expect([...values.data]).toEqual([6, 6, 0, 0, 70]);
    expect(cost).toEqual({ forward: 4, backward: 0 });
  });

  it("takes a baseline of the input's shape", async () => {
    const f = functionScore({ shape: [3], value: ({ data }) => data[0] + 2 * data[1] + 4 * data[2] });
    const baseline = tensor([1, 2, 3], [3]);
    const { values } = await occlusion({ window: 1, baseline })(f, tensor([5, 5, 5], [3]), seed);
    expect([...values.data]).toEqual([4, 6, 8]);
  });

  it('refuses windows that do not fit, have too many axes, or leave gaps', async () => {
    const f = crooked(x.shape);
    for (const options of [
      { window: 6 },
      { window: [1, 1, 1, 1] },
      { window: 2, stride: 3 },
      { window: [2, 9] },
    ]) {
      await expect(occlusion(options)(f, x, seed)).rejects.toMatchObject({ code: 'option-value' });
    }
    for (const window of [0, 1.5, [], [2, 0]]) {
      expect(() => occlusion({ window })).toThrow(expect.objectContaining({ code: 'option-value' }));
    }
  });

  it('shows itself as an expression', () => {
    expect(occlusion({ window: [1, 4, 4], stride: 2, baseline: 0.5 }).expression).toBe(
      'occlusion([1,4,4], stride=2, baseline=0.5)',
    );
    expect(occlusion({ window: 4 }).expression).toBe('occlusion(4)');
  });
});
