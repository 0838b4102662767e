import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samples } from '../../../test/samples.js';
import { OPS, opSchemas } from '../ops.js';
import { nodesWithin } from '../walk.js';
import type { AttributeSchema } from './attribute.js';
import type { OpSchema } from './op-schema.js';

/** scripts/onnx-schemas.py made it from the Python package of the standard. */
const file = new URL('../../../test/fixtures/onnx-schemas.json', import.meta.url);

interface Stated {
  readonly kind: string;
  readonly required?: boolean;
  readonly default?: unknown;
}

interface Standard {
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly (number | null)[];
  readonly attributes: Readonly<Record<string, Stated>>;
}

const standard: Readonly<Record<string, Standard>> = JSON.parse(readFileSync(file, 'utf8'));

/** Attributes that a graph cannot hold, and the one whose default depends on the version (see the schema). */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, Stated | undefined>>>> = {
  Constant: { sparse_value: undefined },
  DFT: { axis: { kind: 'int' } },
  RNN: { activations: { kind: 'strings' } },
};

/** Defaults of floats are float32 numbers in the standard. */
const rounded = (value: unknown): unknown => (typeof value === 'number' ? Math.fround(value) : value);

function ours({ kind, default: value, required }: AttributeSchema): Stated {
  return {
    kind: kind === 'flag' ? 'int' : kind,
    ...(required ? { required } : {}),
    ...(value === undefined ? {} : { default: kind === 'flag' ? Number(value) : rounded(value) }),
  };
}

const expected = (op: string): Readonly<Record<string, Stated>> =>
  Object.fromEntries(
    Object.entries({ ...standard[op]?.attributes, ...EXCEPTIONS[op] }).flatMap(([name, stated]) =>
      stated === undefined
        ? []
        : [[name, { ...stated, ...('default' in stated ? { default: rounded(stated.default) } : {}) }]],
    ),
  );

describe.each(OPS)('the schema of %s', (op) => {
  const schema: OpSchema = opSchemas[op];
  const counts = (list: readonly number[]) =>
    list.map((count) => (count === Number.POSITIVE_INFINITY ? null : count));

  it('has the attributes of the standard, with their kinds and defaults', () => {
    const attributes = Object.entries(schema.attributes).map(([name, each]) => [name, ours(each)]);
    expect(Object.fromEntries(attributes)).toEqual(expected(op));
  });

  it('has as many inputs and outputs as the standard allows', () => {
    expect([counts(schema.inputs), counts(schema.outputs)]).toEqual([
      standard[op]?.inputs,
      standard[op]?.outputs,
    ]);
  });

  it('allows every sample', () => {
    for (const { graph } of samples[op]()) {
      for (const node of nodesWithin(graph.nodes)) {
        const { inputs, attributes }: OpSchema = opSchemas[node.op as keyof typeof opSchemas];
        expect(node.inputs.length).toBeGreaterThanOrEqual(inputs[0]);
        expect(node.inputs.length).toBeLessThanOrEqual(inputs[1]);
        expect(Object.keys(node.attributes).filter((name) => !(name in attributes))).toEqual([]);
      }
    }
  });
});
