import { attr } from '../../../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../../../builder/math-builder.js';
import type { Value } from '../../../ir/types.js';
import { distinctOutputs } from '../inner.js';

/** A Scan over the first axis of some values. */
export interface ScanOptions {
  /** Initial states. */
  readonly states: readonly string[];
  /** Values that are sliced along their first axis; undefined ones are omitted. */
  readonly scanned: readonly (string | undefined)[];
  /** Whether the first step reads the last slices. */
  readonly lastSliceFirst: boolean;
}

/**
 * Emits one step: returns the states after it, and the values to stack along a new first axis, in the order of the slices. `at` returns the
 * slice of a scanned value, without the axis. The step can read any other value of the outer graph.
 */
export type ScanStep = (
  b: MathBuilder,
  states: readonly string[],
  at: (scanned: string) => string,
) => { readonly states: readonly string[]; readonly stacked: readonly string[] };

/** Emits a Scan. Returns the last states, then the stacked values. */
export function emitScan(b: MathBuilder, options: ScanOptions, step: ScanStep): readonly string[] {
  const { states, lastSliceFirst } = options;
  const scanned = [...new Set(options.scanned)].filter((name) => name !== undefined);
  const carried = states.map((name): Value => ({ name: b.fresh('carried'), ...b.type(name) }));
  const slices = scanned.map((name): Value => {
    const { dtype, dims } = b.type(name);
    return { name: b.fresh('slice'), dtype, dims: dims?.slice(1) };
  });
  const inside = new Map(scanned.map((name, i) => [name, slices[i].name]));
  const inner = mathBuilder(b.inside({ inputs: [...carried, ...slices] }));
  const names = carried.map(({ name }) => name);
  const after = step(inner, names, (name) => inside.get(name) ?? name);
  const outputs = distinctOutputs(inner, [...after.states, ...after.stacked]);
  const directions = (count: number) =>
    lastSliceFirst && count > 0 ? attr.ints(Array<number>(count).fill(1)) : undefined;
  return b.emitMany('Scan', [...states, ...scanned], outputs.length, {
    body: { kind: 'graph', value: inner.build(outputs) },
    num_scan_inputs: attr.int(scanned.length),
    scan_input_directions: directions(scanned.length),
    scan_output_directions: directions(after.stacked.length),
  });
}
