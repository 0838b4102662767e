import { prune } from '../transform/prune.js';
import type { Graph, Value, ValueType } from '../types.js';
import { type Calculus, calculus } from './calculus.js';
import { distinct, innerGraph } from './inner.js';
import type { Step } from './rule.js';

/** A Scan node taken apart. */
export interface Forward {
  /** (states..., slices...) -> (states..., collected...); a copy with names of its own, its inputs typed. */
  readonly body: Graph;
  /** First states and captured values, of the graph around. */
  readonly states: readonly string[];
  readonly captured: readonly string[];
  /** What a step reads: the states it begins with, the slices. */
  readonly before: readonly Read[];
  readonly slices: readonly Read[];
  /** Cotangents of what was collected; `outer` is '' where there is none. */
  readonly collected: readonly Read[];
}

/** One value a step, of the axis of another. */
export interface Read {
  /** Inside. */
  readonly value: Value;
  /** The value around; '' for states, of which the index is given. */
  readonly outer: string;
  readonly state?: number;
  readonly axis: number;
  /** 1 where the forward Scan's first step has the last slice. */
  readonly direction: number;
}

export function forwardOf(b: Calculus, step: Step): Forward {
  const explicit = step.node.inputs.length;
  const count = explicit - step.int('num_scan_inputs', 0);
  const states = step.inputs.slice(0, count);
  const [axes, directions] = [step.ints('scan_input_axes'), step.ints('scan_input_directions')];
  const copy = innerGraph(b, step, 'body');
  const slices = step.inputs.slice(count, explicit).map((outer, k): Read => {
    const [axis, direction] = [axes?.[k] ?? 0, directions?.[k] ?? 0];
    const value = { name: copy.inputs[count + k].name, ...withoutAxis(b.type(outer), axis) };
    return { value, outer, axis, direction };
  });
  const before = states.map((outer, state): Read => {
    const value = { name: copy.inputs[state].name, ...b.type(outer) };
    return { value, outer: '', state, axis: 0, direction: 0 };
  });
  const inputs = [...before, ...slices].map(({ value }) => value);
  return {
    body: { ...copy, inputs },
    states,
    captured: step.inputs.slice(explicit),
    before,
    slices,
    collected: collectedBy(b, step, count),
  };
}

function collectedBy(b: Calculus, step: Step, count: number): readonly Read[] {
  const [axes, directions] = [step.ints('scan_output_axes'), step.ints('scan_output_directions')];
  return step.outputs.slice(count).map((_, k): Read => {
    const [axis, direction] = [axes?.[k] ?? 0, directions?.[k] ?? 0];
    const outer = step.cotangents[count + k] ?? '';
    const type = outer === '' ? { dtype: 'float32' as const, dims: undefined } : b.type(outer);
    return { value: { name: b.fresh('slice'), ...withoutAxis(type, axis) }, outer, axis, direction };
  });
}

function withoutAxis({ dtype, dims }: ValueType, axis: number): ValueType {
  return { dtype, dims: dims?.toSpliced(axis, 1) };
}

/** The states of these indices as each step began with them, along a first axis: by running the Scan again, for nothing keeps them. */
export function statesBefore(
  b: Calculus,
  step: Step,
  { forward, wanted }: { forward: Forward; wanted: readonly number[] },
): ReadonlyMap<number, string> {
  if (wanted.length === 0) return new Map();
  const copy = innerGraph(b, step, 'body');
  const inputs = forward.body.inputs.map((type, i) => ({ ...type, name: copy.inputs[i].name }));
  const inner = calculus(b.inside({ ...copy, inputs }));
  const after = copy.outputs.slice(0, forward.states.length).map(({ name }) => name);
  const outputs = distinct(inner, [...after, ...wanted.map((i) => inputs[i].name)]);
  const { num_scan_inputs, scan_input_axes, scan_input_directions } = step.node.attributes;
  const results = b.emitMany('Scan', step.node.inputs, outputs.length, {
    body: { kind: 'graph', value: prune(inner.build(outputs)) },
    num_scan_inputs,
    scan_input_axes,
    scan_input_directions,
  });
  return new Map(wanted.map((i, k) => [i, results[forward.states.length + k]]));
}
