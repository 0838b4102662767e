import { fail } from '@onnxplain/core';
import type { Scope } from '../infer/site.js';
import type { Builder } from './builder.js';

/** The methods of a builder that tell types and constants of values. */
export type ValueLookup = Pick<Builder, 'type' | 'typeOf' | 'dtype' | 'dims' | 'rank' | 'constantOf'>;

/** Looks values up in a scope. Throws `value-unknown` and `shape-mismatch` for a type or rank that is not known. */
export function valueLookup({ typeOf, constantOf }: Pick<Scope, 'typeOf' | 'constantOf'>): ValueLookup {
  const type = (name: string) => typeOf(name) ?? unknownValue(name);
  const dims = (name: string) => type(name).dims ?? unknownRank(name);
  return {
    type,
    typeOf,
    dtype: (name) => type(name).dtype,
    dims,
    rank: (name) => dims(name).length,
    constantOf,
  };
}

const unknownValue = (name: string): never =>
  fail({
    code: 'value-unknown',
    where: `value "${name}"`,
    expected: 'a value of the graph whose type is known',
    got: 'none',
    remedy: 'Check the name, or run shape inference on the model so that the file declares its type.',
  });

const unknownRank = (name: string): never =>
  fail({
    code: 'shape-mismatch',
    where: `value "${name}"`,
    expected: 'a known rank',
    got: 'an unknown one',
    remedy:
      'What the file declares is not believed for this. Open the model (`open` runs it once and looks), or give the inputs their sizes: --shape NAME=SIZES, in a program the option shapes of open.',
  });
