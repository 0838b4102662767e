import { key, linearScore, type Score, sizeOf, type Tensor, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { attentionRollout, rollout } from './attention-rollout.js';
import { gradCam, gradCamMap, layerAttributionMap } from './grad-cam.js';
import { spread } from './spread.js';
import { upsample } from './upsample.js';

const counted = (shape: readonly number[]): Tensor =>
  tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  );

interface Shown {
  readonly value?: Tensor;
  readonly gradient?: Tensor;
  readonly maps?: readonly Tensor[];
  readonly channels?: readonly number[];
}

/** A score whose layer "a" and attention maps are given. */
function showing(x: Tensor, { value, gradient, maps = [], channels }: Shown): Score {
  const row = (t: Tensor): Tensor => ({ ...t, shape: [1, ...t.shape] });
  return {
    ...linearScore(zeros(x.shape)),
    internals: {
      attention: maps.map((_, i) => `map ${i}`),
      layers: () => ({
        shapes: value === undefined ? [] : [value.shape],
        channels,
        values: async () => maps.map(row),
        gradients: async () => (value && gradient ? [{ value: row(value), gradient: row(gradient) }] : []),
      }),
    },
  };
}

describe('upsample', () => {
  it('repeats the nearest element', () => {
    const map = tensor([1, 2, 3, 4], [2, 2]);
    expect(Array.from(upsample(map, [4, 3], 'nearest').data)).toEqual([1, 1, 2, 1, 1, 2, 3, 3, 4, 3, 3, 4]);
  });

  it('is linear between the centres of pixels and constant beyond them', () => {
    const map = tensor([0, 4], [2]);
    expect(Array.from(upsample(map, [4], 'bilinear').data)).toEqual([0, 1, 3, 4]);
    const plane = upsample(counted([2, 2]), [4, 4], 'bilinear');
    expect(Array.from(plane.data)).toEqual([
      0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3,
    ]);
  });

  it('keeps constants, in three dimensions too, and makes maps smaller', () => {
    const flat = tensor(new Array(8).fill(7), [2, 2, 2]);
    expect(new Set(upsample(flat, [3, 5, 4], 'bilinear').data)).toEqual(new Set([7]));
    expect(Array.from(upsample(counted([4]), [2], 'nearest').data)).toEqual([0, 2]);
  });

  it('refuses maps of another rank, and other sizes where nothing is resized', () => {
    const refusal = expect.objectContaining({ code: 'not-applicable' });
    expect(() => upsample(counted([4]), [2, 2], 'bilinear')).toThrow(refusal);
    expect(() => upsample(counted([2, 2]), [4, 4], 'none')).toThrow(refusal);
  });
});

describe('spread', () => {
  it('shares a map among channels, wherever they are', () => {
    const map = tensor([2, 4], [2]);
    const options = { upsample: 'none' } as const;
    expect(Array.from(spread(map, [2, 2], { ...options, layout: 'chw' }).data)).toEqual([1, 2, 1, 2]);
    expect(Array.from(spread(map, [2, 2], { ...options, layout: 'hwc' }).data)).toEqual([1, 1, 2, 2]);
    expect(Array.from(spread(map, [2, 2], { ...options, layout: 'cw' }).data)).toEqual([1, 2, 1, 2]);
    expect(Array.from(spread(map, [2, 2], { ...options, layout: 'wc' }).data)).toEqual([1, 1, 2, 2]);
  });

  it('gives a map with as many axes as the input to an input without channels', () => {
    const map = counted([2, 2]);
    expect(spread(map, [2, 2], { upsample: 'none', layout: 'chw' })).toBe(map);
    const wide = spread(map, [2, 4], { upsample: 'nearest', layout: 'chw' });
    expect(Array.from(wide.data)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });
});

describe('maps of a layer', () => {
  const x = zeros([1, 2, 2]);
  const value = tensor([1, 2, 3, 4, -1, 0, 1, 2], [2, 2, 2]);
  const gradient = tensor([1, 0, 0, 3, 2, -2, 2, -2], [2, 2, 2]);
  const f = showing(x, { value, gradient });

  it('grad-cam weighs channels by their mean gradients', async () => {
    const map = await gradCamMap(f, x, { layer: 'a' });
    expect(map.shape).toEqual([2, 2]);
    expect(Array.from(map.data)).toEqual([1, 2, 3, 4]);
    const { values } = await gradCam({ layer: 'a' })(f, x, key(0));
    expect(Array.from(values.data)).toEqual([1, 2, 3, 4]);
  });

  it('is that of the last layer with positions where none is named, and says which', async () => {
    const { internals } = f;
    const told: Score = { ...f, internals: internals && { ...internals, lastSpatial: 'last' } };
    const { values, details } = await gradCam()(told, x, key(0));
    expect([Array.from(values.data), details]).toEqual([[1, 2, 3, 4], { layer: 'last' }]);
    await expect(gradCam()(f, x, key(0))).rejects.toMatchObject({ code: 'not-applicable' });
  });

  it('layer-attribution multiplies position by position', async () => {
    const map = await layerAttributionMap(f, x, { layer: 'a' });
    expect(Array.from(map.data)).toEqual([-1, 0, 2, 8]);
    expect(Array.from((await layerAttributionMap(f, x, { layer: 'a', relu: true })).data)).toEqual([
      0, 0, 2, 8,
    ]);
  });

  it('are those of the same layer whose channels come last, where the model says so', async () => {
    const turn = ({ data }: Tensor) =>
      tensor(
        Array.from(data, (_, i) => data[(i % 2) * 4 + Math.floor(i / 2)]),
        [2, 2, 2],
      );
    const last = showing(x, { value: turn(value), gradient: turn(gradient), channels: [2] });
    expect(await gradCamMap(last, x, { layer: 'a' })).toEqual(await gradCamMap(f, x, { layer: 'a' }));
    const product = await layerAttributionMap(last, x, { layer: 'a' });
    expect(product).toEqual(await layerAttributionMap(f, x, { layer: 'a' }));
  });

  it('are spread in the layout of the score, or of the option', async () => {
    const wide = zeros([2, 2, 3]);
    const score = { ...showing(wide, { value, gradient }), layout: 'hwc' as const };
    const found = await gradCam({ layer: 'a' })(score, wide, key(0));
    const each = [1, 2, 3, 4].flatMap((v) => [v / 3, v / 3, v / 3]);
    expect(Array.from(found.values.data)).toEqual(each);
    const written = gradCam({ layer: 'a', layout: 'hwc' });
    expect(written.expression).toBe('grad-cam(a, layout=hwc)');
    expect((await written(showing(wide, { value, gradient }), wide, key(0))).values).toEqual(found.values);
  });

  it('need positions', async () => {
    const flat = showing(x, { value: tensor([1, 2], [2]), gradient: tensor([1, 2], [2]) });
    await expect(gradCam({ layer: 'a' })(flat, x, key(0))).rejects.toMatchObject({ code: 'not-applicable' });
  });

  it('have expressions that can be read again', () => {
    expect(gradCam({ layer: '/b3/Relu_output_0', relu: true }).expression).toBe(
      'grad-cam("/b3/Relu_output_0", relu=true)',
    );
    expect(gradCam({ layer: 'relu', upsample: 'nearest' }).expression).toBe(
      'grad-cam(relu, upsample=nearest)',
    );
  });
});

describe('attention rollout', () => {
  /** Two layers of two heads over three positions; rows sum to 1. */
  const maps = [
    [0.2, 0.3, 0.5, 1, 0, 0, 0.1, 0.1, 0.8, 0.6, 0.3, 0.1, 0, 1, 0, 0.5, 0.25, 0.25],
    [0.4, 0.4, 0.2, 0.3, 0.3, 0.4, 0, 0.5, 0.5, 0.2, 0.2, 0.6, 0.1, 0.8, 0.1, 0.3, 0.7, 0],
  ].map((data) => tensor(data, [1, 2, 3, 3]));

  it('is the product of the layers, last first, each half attention and half identity', () => {
    const mixed = maps.map(({ data }) =>
      [0, 1, 2].map((q) =>
        [0, 1, 2].map((k) => (data[q * 3 + k] + data[9 + q * 3 + k]) / 4 + (q === k ? 0.5 : 0)),
      ),
    );
    const [first, second] = mixed;
    const product = second.map((row) =>
      [0, 1, 2].map((k) => row.reduce((sum, v, j) => sum + v * first[j][k], 0)),
    );
    for (const query of [0, 1, 2]) {
      rollout(maps, query).forEach((weight, k) => {
        expect(weight).toBeCloseTo(product[query][k], 14);
      });
    }
    rollout(maps, 'mean').forEach((weight, k) => {
      expect(weight).toBeCloseTo((product[0][k] + product[1][k] + product[2][k]) / 3, 14);
    });
  });

  it('puts positions on patches, after those that belong to none', async () => {
    const tokens = tensor(new Array(25).fill(1 / 5), [1, 5, 5]);
    const image = zeros([2, 4, 4]);
    const { values, kind } = await attentionRollout()(showing(image, { maps: [tokens] }), image, key(0));
    expect(kind).toBe('ranking');
    expect(values.data[0]).toBeCloseTo(0.1 / 2, 14);
    expect(new Set(values.data).size).toBe(1);
    const sequence = zeros([5, 3]);
    const found = await attentionRollout()(showing(sequence, { maps: [tokens] }), sequence, key(0));
    expect(Array.from(found.values.data.subarray(0, 6), (v) => v.toFixed(3))).toEqual([
      '0.200',
      '0.200',
      '0.200',
      '0.033',
      '0.033',
      '0.033',
    ]);
  });

  it('puts positions where the layout of the score or the option has them', async () => {
    // Six positions, of which the first attends to each by another share.
    const shares = [0.05, 0.1, 0.15, 0.2, 0.2, 0.3];
    const map = tensor(new Array(6).fill(shares).flat(), [1, 6, 6]);
    const weights = shares.map((share, i) => (share + Number(i === 0)) / 2);
    const options = { special: 0 };
    const picture = zeros([2, 3, 2]);
    const f = { ...showing(picture, { maps: [map] }), layout: 'hwc' as const };
    const found = await attentionRollout(options)(f, picture, key(0));
    const each = weights.flatMap((weight) => [weight / 2, weight / 2]);
    Array.from(found.values.data).forEach((value, i) => {
      expect(value).toBeCloseTo(each[i], 14);
    });
    const written = attentionRollout({ ...options, layout: 'hwc' });
    expect((await written(showing(picture, { maps: [map] }), picture, key(0))).values).toEqual(found.values);
    const sequence = zeros([2, 6]);
    const turned = { ...showing(sequence, { maps: [map] }), layout: 'cw' as const };
    const { values } = await attentionRollout(options)(turned, sequence, key(0));
    Array.from(values.data).forEach((value, i) => {
      expect(value).toBeCloseTo(weights[i % 6] / 2, 14);
    });
  });

  it('refuses models without attention, and positions that do not fit', async () => {
    const image = zeros([1, 4, 4]);
    const explain = attentionRollout();
    await expect(explain(showing(image, {}), image, key(0))).rejects.toMatchObject({
      code: 'not-applicable',
    });
    const odd = showing(image, { maps: [tensor(new Array(121).fill(1 / 11), [1, 11, 11])] });
    await expect(explain(odd, image, key(0))).rejects.toMatchObject({ code: 'not-applicable' });
  });
});
