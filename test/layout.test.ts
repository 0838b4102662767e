/**
 * The layout of inputs, found in models as exporters write them; and two small models of random weights that are one function, of
 * [channels, height, width] and, behind a Transpose, of [height, width, channels] (fixtures/layout).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Layout, type Tensor, tensor } from '@onnxplain/core';
import { canonicalise, layoutIn, read } from '@onnxplain/graph';
import {
  gradCam,
  gradient,
  infidelity,
  key,
  make,
  occlusion,
  optimal,
  type Prepared,
  prepare,
  score,
  smooth,
  square,
} from 'onnxplain';
import { sizeOfAttribution } from 'onnxplain/core';
import { readNpy } from 'onnxplain/files';
import { makeExplainer, makeMetric, scoreOf } from 'onnxplain/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxplain } from '../packages/onnxplain/test/models.js';
import { casesOf, pathOf } from './exports.js';

/** The layout in which the network was written; null where the graph does not have to show it. */
function layoutsOf(folder: string, family: string, rank: number): readonly (Layout | undefined)[] {
  if (rank >= 3) return [folder === 'keras' ? 'hwc' : 'chw'];
  if (rank < 2) return [undefined];
  // Keras writes recurrent networks as loops, in which the layout cannot be found.
  return folder === 'keras' ? ['wc', undefined] : [family === 'series' ? 'cw' : 'wc'];
}

describe.each(['families', 'keras'])('the layout of the input of %s', (folder) => {
  for (const { family, files, x } of casesOf(folder)) {
    it(`${family} is that of the program it comes from, in ${files.length} files`, () => {
      for (const file of files) {
        const graph = canonicalise(read(readFileSync(pathOf(folder, file))));
        const rank = x.shape.length - 1;
        expect([file, ...layoutsOf(folder, family, rank)]).toContain(layoutIn(graph, graph.inputs[0].name));
      }
    });
  }
});

const out = mkdtempSync(join(tmpdir(), 'onnxplain-layout-'));
afterAll(() => rmSync(out, { recursive: true }));
const twin = (name: string) => pathOf('layout', `twin-${name}`);

/** Transposes [channels, height, width] to [height, width, channels]. */
function turned({ shape: [channels, height, width], data }: Tensor): Tensor {
  const size = height * width;
  return tensor(
    Float64Array.from(data, (_, i) => data[(i % channels) * size + Math.floor(i / channels)]),
    [height, width, channels],
  );
}

describe('two models of one function, channels first and last', () => {
  const explainers = [
    'gradient',
    'grad-cam(r)',
    'layer-attribution(r)',
    'occlusion(4)',
    'occlusion([8,6], stride=3)',
  ];
  const metric = 'infidelity(square(3), draws=2000)';
  const written = 'optimal(square(sizes=[2,5]), draws=150)';
  const all = [...explainers, written, 'smooth(occlusion(8), square(4), draws=3)'];

  async function evaluated(name: string) {
    const folder = join(out, name);
    const flags = all.flatMap((each) => ['--explainer', each]);
    const { exit, err } = await onnxplain(
      ...['evaluate', twin(`${name}.onnx`), '--input', twin(`${name}.npy`), '--target', '0', ...flags],
      ...['--metric', metric, '-o', folder, '--device', 'cpu'],
    );
    expect([exit, err]).toEqual([0, expect.not.stringContaining('channels')]);
    const record = JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));
    const values = all.map(
      (_, i) => readNpy(readFileSync(join(folder, `attributions/0000-0${i}.npy`)), 'x').tensor,
    );
    return { record, values };
  }

  let nchw: Awaited<ReturnType<typeof evaluated>>;
  let nhwc: Awaited<ReturnType<typeof evaluated>>;
  beforeAll(async () => {
    nchw = await evaluated('nchw');
    nhwc = await evaluated('nhwc');
  });

  it.each(explainers.map((text, i) => [text, i] as const))('have one picture by %s, turned', (_, i) => {
    const [front, back] = [turned(nchw.values[i]), nhwc.values[i]];
    expect(back.shape).toEqual(front.shape);
    const most = Math.max(...front.data.map(Math.abs));
    front.data.forEach((value, at) => {
      expect(Math.abs(value - back.data[at])).toBeLessThan(1e-6 * most);
    });
  });

  it('have one infidelity by squares, up to the draws, which follow the content of an array, and the same pictures', () => {
    const estimates = [nchw, nhwc].map(({ record }) =>
      record.estimates.map((cell: { estimate: { value: number; stderr: number } }) => cell.estimate),
    );
    estimates[0].forEach(({ value, stderr }: { value: number; stderr: number }, i: number) => {
      const other = estimates[1][i];
      expect(Math.abs(other.value - value)).toBeLessThan(4 * Math.hypot(stderr, other.stderr));
    });
    expect(Math.abs(estimates[1][0].value - 0.00167)).toBeLessThan(
      4 * Math.hypot(estimates[1][0].stderr, 0.0001),
    );
    const pictures = [nchw, nhwc].map(({ record }) =>
      record.attributions.map(({ picture }: { picture: object }) => picture),
    );
    for (const i of explainers.keys()) {
      const clip = expect.closeTo(pictures[0][i].clip, 5);
      expect(pictures[1][i]).toMatchObject({ width: 32, height: 32, clip });
    }
  });

  it('are recorded with expressions that make the same by themselves, on a score that knows no layout', async () => {
    const expressions: readonly string[] = nhwc.record.explainers.map(
      ({ expression }: { expression: string }) => expression,
    );
    expect(expressions).toEqual([
      'gradient',
      'grad-cam(r, layout=hwc)',
      'layer-attribution(r, layout=hwc)',
      'occlusion(4, layout=hwc)',
      'occlusion([8,6], stride=3, layout=hwc)',
      'optimal(square(sizes=[2,5], layout=hwc), draws=150)',
      'smooth(occlusion(8, layout=hwc), square(size=4, layout=hwc), draws=3)',
    ]);
    expect(nchw.record.explainers.map(({ expression }: { expression: string }) => expression)).toEqual(
      all.map((text) => makeExplainer(text).expression),
    );
    await using model = (await prepare(twin('nhwc.onnx'), { inputs: [twin('nhwc.npy')], device: 'cpu' }))
      .model;
    const f = { ...(await score(model, { target: 0 })), layout: undefined };
    const x = tensor(readNpy(readFileSync(twin('nhwc.npy')), 'x').tensor.data, [32, 32, 3]);
    const k = nhwc.record.attributions[5].key;
    const again = await makeExplainer(expressions[5])(f, x, k);
    expect(again.values.data).toEqual(nhwc.values[5].data);
  });

  it('agree in a program too, with explainers and metrics that were told no layout', async () => {
    const measured: number[][] = [];
    for (const name of ['nchw', 'nhwc']) {
      const prepared = await prepare(twin(`${name}.onnx`), {
        inputs: [twin(`${name}.npy`)],
        target: 0,
        device: 'cpu',
      });
      const { model, inputs } = prepared;
      const [{ tensor: x }] = inputs;
      const f = await score(model, { target: 0, shape: x.shape });
      expect(f.layout).toBe(name.slice(1));
      const makers = [
        gradient(),
        gradCam({ layer: 'r' }),
        occlusion({ window: 5 }),
        optimal(square({ size: 3 }), { draws: 50 }),
      ];
      const smoothed = smooth(occlusion({ window: 8 }), square({ size: 4 }), { draws: 3 });
      const values = [];
      for (const explain of [...makers, smoothed]) {
        const attribution = await explain(f, x, key(2));
        const { estimate } = await infidelity(square({ size: 3 }), { draws: 100 }).measure(
          { f, x, attribution },
          key(1),
        );
        values.push('value' in estimate ? estimate.value : Number.NaN);
      }
      const { f: asPrepared } = await scoreOf(prepared);
      const metric = makeMetric('infidelity(square(5), draws=50)');
      const explain = makeExplainer('occlusion(5)');
      const { estimate } = await metric.measure(
        { f: asPrepared, x, attribution: await explain(asPrepared, x, key(2)) },
        key(1),
      );
      values.push('value' in estimate ? estimate.value : Number.NaN);
      measured.push(values);
      await model.close();
    }
    measured[0].forEach((value, i) => {
      expect(measured[1][i] / value).toBeCloseTo(1, 5);
    });
  });

  it('a given layout overrides that of the graph, and a notice names the difference', async () => {
    const question = [
      '--input',
      twin('nhwc.npy'),
      '--explainer',
      'occlusion(3)',
      '--target',
      '0',
      '--device',
      'cpu',
    ];
    const { out, err } = await onnxplain(
      'explain',
      twin('nhwc.onnx'),
      ...question,
      '--layout',
      'nchw',
      '--json',
    );
    expect(JSON.parse(out).explainer).toBe('occlusion(3, layout=chw)');
    expect(err).toContain('is taken as nchw, as given; the model itself works on it as nhwc');
    const own = await onnxplain(
      'explain',
      twin('nhwc.onnx'),
      ...question.with(3, 'occlusion(3, layout=hwc)'),
      '--layout',
      'nchw',
      '--json',
    );
    expect(JSON.parse(own.out).explainer).toBe('occlusion(3, layout=hwc)');
  });
});

describe('a mean over the positions of [height, width, channels]', () => {
  const question = [
    pathOf('layout', 'mean-nhwc.onnx'),
    '--input',
    pathOf('layout', 'mean-nhwc.png'),
    '--device',
    'cpu',
  ];

  it.each([5, 2])(
    'occlusion(%i) hides all channels of a window, whose drops add up to that of the picture',
    async (size) => {
      const { out } = await onnxplain(
        'explain',
        ...question,
        '--explainer',
        `occlusion(${size}, baseline=30)`,
        '--json',
        '--quiet',
      );
      const [{ values, shape, sum, groups, score: whole }] = JSON.parse(out).explanations;
      expect(shape).toEqual([24, 32, 3]);
      expect(groups).toBe(Math.ceil(24 / size) * Math.ceil(32 / size));
      for (let i = 0; i < values.length; i += 3) expect(new Set(values.slice(i, i + 3)).size).toBe(1);
      const prepared: Prepared = await prepare(question[0], { inputs: [question[2]], device: 'cpu' });
      const [{ tensor: x }] = prepared.inputs;
      const f = await score(prepared.model, { target: 1 });
      const [hidden] = await f.value(tensor(new Float32Array(x.data.length).fill(30), [1, ...x.shape]));
      const found = await make(`occlusion(${size}, baseline=30)`, 'explainer', prepared)(f, x, key(0));
      await prepared.model.close();
      expect(sum).toBeCloseTo(whole - hidden, 3);
      expect(sizeOfAttribution(found).sum).toBeCloseTo(sum, 10);
    },
  );
});
