import { attr } from '../../../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../../../builder/math-builder.js';
import type { Value } from '../../../ir/types.js';
import { distinct } from '../inner.js';

/** A recursion over the first axis of some values. */
export interface Sweep {
  /** What is carried, before the first step. */
  readonly states: readonly string[];
  /** Values that a step reads its slice of; what is absent is left out. */
  readonly scanned: readonly (string | undefined)[];
  /** Whether the last slices are read first. */
  readonly backwards: boolean;
}

/**
 * One step: the states after it, and what of it is stacked up along a new first axis, in the order of the slices. `at` gives the
 * slice of a scanned value, without the axis; any other value of the graph around can be read too.
 */
export type SweepStep = (
  b: MathBuilder,
  states: readonly string[],
  at: (scanned: string) => string,
) => { readonly states: readonly string[]; readonly stacked: readonly string[] };

/** A Scan: the last states, then what was stacked up. */
export function sweep(b: MathBuilder, sweep: Sweep, step: SweepStep): readonly string[] {
  const { states, backwards } = sweep;
  const scanned = [...new Set(sweep.scanned)].filter((name) => name !== undefined);
  const carried = states.map((name): Value => ({ name: b.fresh('carried'), ...b.type(name) }));
  const slices = scanned.map((name): Value => {
    const { dtype, dims } = b.type(name);
    return { name: b.fresh('slice'), dtype, dims: dims?.slice(1) };
  });
  const inside = new Map(scanned.map((name, i) => [name, slices[i].name]));
  const inner = mathBuilder(b.inside({ inputs: [...carried, ...slices] }));
  const names = carried.map(({ name }) => name);
  const after = step(inner, names, (name) => inside.get(name) ?? name);
  const outputs = distinct(inner, [...after.states, ...after.stacked]);
  const directions = (count: number) =>
    backwards && count > 0 ? attr.ints(Array<number>(count).fill(1)) : undefined;
  return b.emitMany('Scan', [...states, ...scanned], outputs.length, {
    body: { kind: 'graph', value: inner.build(outputs) },
    num_scan_inputs: attr.int(scanned.length),
    scan_input_directions: directions(scanned.length),
    scan_output_directions: directions(after.stacked.length),
  });
}
