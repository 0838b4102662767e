/** Exported models kept in `fixtures`, with the numbers of the programs that they come from (see scripts/exports). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Tensor, tensor } from '@onnxplain/core';

export interface Packed {
  readonly shape: readonly number[];
  /** float32, little-endian. */
  readonly b64: string;
}

/** One network on a few rows, and the files that exporters made of it. */
export interface Case {
  readonly family: string;
  readonly files: readonly string[];
  readonly x: Tensor;
  /** One row of each other input, the same for every row of x. */
  readonly feeds?: Readonly<Record<string, Tensor>>;
  /** The class of each row whose logit is differentiated. */
  readonly targets: readonly number[];
  readonly logits: Tensor;
  readonly gradient: Tensor;
}

export const pathOf = (folder: string, file: string): string =>
  join(import.meta.dirname, 'fixtures', folder, file);

export function casesOf(folder: string): readonly Case[] {
  const stored: readonly Record<string, unknown>[] = JSON.parse(
    readFileSync(pathOf(folder, 'cases.json'), 'utf8'),
  );
  return stored.map(
    (each) =>
      ({ ...each, ...unpackAll(each, ['x', 'logits', 'gradient']), ...feedsOf(each) }) as unknown as Case,
  );
}

function feedsOf({ feeds }: Record<string, unknown>): Pick<Case, 'feeds'> {
  if (feeds === undefined) return {};
  const stored = feeds as Record<string, unknown>;
  return { feeds: unpackAll(stored, Object.keys(stored)) };
}

function unpackAll(stored: Record<string, unknown>, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(names.map((name) => [name, unpack(stored[name] as Packed)]));
}

export function unpack({ shape, b64 }: Packed): Tensor {
  const { buffer } = new Uint8Array(Buffer.from(b64, 'base64'));
  return tensor(new Float32Array(buffer), shape);
}

/** Largest difference as a part of the largest expected number. */
export function relativeGap(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [gap, scale] = [0, 0];
  for (const [i, value] of Array.from(expected).entries()) {
    const difference = Math.abs(got[i] - value);
    if (!(difference <= gap)) gap = difference;
    scale = Math.max(scale, Math.abs(value));
  }
  return gap / scale;
}
