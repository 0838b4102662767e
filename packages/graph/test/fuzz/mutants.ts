/** Mutants of small models, each known by a seed and its number. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fold, key } from '@onnxplain/core';
import { chooserOf, isDecodable, mutate } from './mutate.js';

const fixtures = join(import.meta.dirname, '../fixtures');

/** Larger models take most of the time and have no more kinds of nodes. */
const LARGEST = 4096;

export interface Sound {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The models that are changed: those of the fixtures with few bytes, by name. */
export const soundModels: readonly Sound[] = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.onnx') && statSync(join(fixtures, name)).size <= LARGEST)
  .sort()
  .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(fixtures, name))) }));

/** Loops of minutes and without end: each run of a mutant would take all its time. */
const ENDLESS = /endless|slow/;

const changeable = soundModels.filter(({ name, bytes }) => isDecodable(bytes) && !ENDLESS.test(name));

/** Returns mutant number `i` of a seed. Equal arguments give equal bytes. */
export function mutantOf(seed: number, i: number): Sound {
  const choose = chooserOf(fold(key(seed), i));
  const { name, bytes } = choose.of(changeable);
  return { name: `mutant ${i} of seed ${seed}, from ${name}`, bytes: mutate(bytes, choose) };
}
