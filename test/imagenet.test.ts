import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { main } from 'onnxplain/pipeline';
import type { RunRecord } from 'onnxplain/report';
import { afterAll, expect, test } from 'vitest';

const shared = join(import.meta.dirname, '../../shared/data');
const here = existsSync(shared);
const folder = mkdtempSync(join(tmpdir(), 'onnxplain-imagenet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const squares = 'square(size=56, layout=hwc)';

// ../shared/data holds a pretrained MobileNet and photographs; without it there is nothing to explain.
test.skipIf(!here)(
  'evaluate names the panda, writes the report, and squares are explained best by their own optimum',
  { timeout: 400_000 },
  async () => {
    const model = join(folder, 'mobilenet.onnx');
    copyFileSync(join(shared, 'models/mobilenetv1-0.25-224.onnx'), model);
    writeFileSync(
      join(folder, 'mobilenet.card.json'),
      JSON.stringify({
        size: [224, 224],
        resize: 256,
        layout: 'nhwc',
        channels: 'rgb',
        scale: 2 / 255,
        mean: 1,
        output: 'MobilenetV1/Logits/SpatialSqueeze',
        labels: join(shared, 'labels/imagenet_classes.json'),
        labelOffset: 1,
      }),
    );
    const out = join(folder, 'out');
    const words = ['evaluate', model, '--input', join(shared, 'images/panda.jpg'), '--quiet', '-o', out];
    words.push('--external-data', join(shared, 'labels'));
    for (const explainer of [
      'gradient',
      'integrated-gradients(steps=10)',
      `optimal(${squares}, draws=300, solver=ridge(1e-3))`,
    ]) {
      words.push('--explainer', explainer);
    }
    words.push('--metric', `infidelity(${squares}, draws=200)`);
    const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
    expect(await main(words, { out: sink, err: sink })).toBe(0);

    const record: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
    expect(record.inputs[0].prediction?.label).toContain('giant panda');
    expect(record.summaries.map(({ best }) => best)).toEqual([false, false, true]);
    for (const { difference } of record.summaries.slice(0, 2)) {
      expect(difference?.value).toBeGreaterThan(2 * (difference?.stderr ?? Number.POSITIVE_INFINITY));
    }
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('giant panda');
  },
);
