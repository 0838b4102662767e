/** Text classifiers as their exporters write them, from token ids on, against Captum's numbers (scripts/exports/token_models.py). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@onnxplain/core';
import { make, prepare } from 'onnxplain';
import { writeNpy } from 'onnxplain/files';
import { explainInputs, perToken } from 'onnxplain/pipeline';
import { afterAll, expect, test } from 'vitest';
import { type Packed, pathOf, relativeGap, unpack } from './exports.js';

interface TokenCase {
  readonly files: readonly string[];
  readonly steps: number;
  readonly inputs: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly targets: readonly number[];
  readonly slopes: Packed;
  readonly slope_norms: Packed;
  readonly ig_zero: Packed;
  readonly ig_pad: Packed;
}

const cases: readonly TokenCase[] = JSON.parse(readFileSync(pathOf('tokens', 'cases.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'onnxplain-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = cases.flatMap((each) => each.files.map((file) => [file, each] as const));

test.each(files)(
  '%s: slopes and integrated gradients by token are those of the source',
  async (file, each) => {
    const inputs = Object.entries(each.inputs).map(([name, rows]) => {
      const path = join(folder, `${file}-${name}.npy`);
      writeFileSync(path, writeNpy(tensor(rows.flat(), [rows.length, rows[0].length])));
      return `${name}=${path}`;
    });
    const prepared = await prepare(pathOf('tokens', file), { inputs, target: each.targets, device: 'cpu' });
    const { model, inputs: texts } = prepared;
    const [zero, pad] = ['0', 'pad.npy'].map(
      (baseline) => `integrated-gradients(steps=${each.steps}, baseline=${baseline})`,
    );
    // The first row of the table is the padding token's, and it stands last in the first text.
    const row = texts[0].tensor;
    const constants = { 'pad.npy': tensor(row.data.slice(-16), [1, 16]) };
    const explainers = ['gradient', zero, pad].map((text) => make(text, 'explainer', { constants }));
    const found = await explainInputs(prepared, { explainers });
    await model.close();
    const all = explainers.map((_, e) =>
      found.flatMap(({ attributions }) => {
        const outcome = attributions[e];
        if (outcome.status !== 'done') throw new Error(outcome.reason);
        return [outcome.value];
      }),
    );
    const tokens = all.map((rows) => rows.flatMap(perToken));
    const slopes = all[0].flatMap(({ values }) => [...values.data]);
    expect(relativeGap(slopes, unpack(each.slopes).data)).toBeLessThan(1e-5);
    expect(relativeGap(tokens[0], unpack(each.slope_norms).data)).toBeLessThan(1e-5);
    expect(relativeGap(tokens[1], unpack(each.ig_zero).data)).toBeLessThan(1e-5);
    expect(relativeGap(tokens[2], unpack(each.ig_pad).data)).toBeLessThan(1e-5);
  },
);
