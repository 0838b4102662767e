import { fail, type RowAxis, z } from '@onnxplain/core';
import type { Graph } from '@onnxplain/graph';

/**
 * How the model takes several rows. 'symbolic': its own batch axis takes any number. 'freed': a fixed batch axis was freed by rewriting the
 * graph, and a run checked that. 'fixed': rows run in groups of the fixed size. 'none': there is no batch axis, and an array is one
 * example.
 */
export type BatchAxis = 'symbolic' | 'freed' | 'fixed' | 'none';

/** Which axis is the batch axis: of every input, or of inputs and outputs by name. 'none': the whole array is one example. */
export type BatchAxisOption = RowAxis | Readonly<Record<string, RowAxis>>;

/** The option {@link BatchAxisOption}, normalised. */
export interface GivenAxes {
  /** The axis of the explained input, where the option names one for all. */
  readonly all: RowAxis | undefined;
  readonly byName: ReadonlyMap<string, RowAxis>;
}

const axis = z.union([z.literal('none'), z.number().int().nonnegative()]);

/** An axis from 0 up or 'none'; or these by the names of inputs and outputs. */
export const batchAxisSchema = z.union(
  [axis, z.record(z.string(), axis)],
  "an axis from 0 up, 'none', or these by the names of inputs and outputs",
);

export function givenAxes(option: BatchAxisOption | undefined): GivenAxes {
  if (option === undefined || typeof option !== 'object') return { all: option, byName: new Map() };
  return { all: undefined, byName: new Map(Object.entries(option)) };
}

/** Throws `name-unknown` for a name that is no value of the model. */
export function expectNames({ byName }: GivenAxes, { inputs, outputs, nodes }: Graph): void {
  const names = [...inputs, ...outputs].map(({ name }) => name);
  for (const name of byName.keys()) {
    if (names.includes(name) || nodes.some((node) => node.outputs.includes(name))) continue;
    fail({
      code: 'name-unknown',
      where: 'batchAxis',
      expected: `one of ${names.join(', ')}`,
      got: `"${name}"`,
    });
  }
}
