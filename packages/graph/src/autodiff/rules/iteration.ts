import { isFloat } from '@onnxplain/core';
import { type AttributeInit, attr } from '../../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { usesOf } from '../../ir/scope.js';
import type { Attribute, Graph, Node, Value, ValueType } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';
import { distinct } from './inner.js';
import type { RuleContext } from './rule.js';

/** The parts of a node that runs a body step by step. */
export interface Forward {
  /** (states..., slices...) -> (states..., collected...); a copy with names of its own, its inputs typed. */
  readonly body: Graph;
  /** First states and captured values, of the graph around. */
  readonly states: readonly string[];
  readonly captured: readonly string[];
  /** The place of the first state among the node's inputs; slices that are inputs follow the last one. */
  readonly first: number;
  /** What a step reads: the states it begins with, the slices. */
  readonly before: readonly Read[];
  readonly slices: readonly Read[];
  /** Cotangents of what was collected; `outer` is '' where there is none. */
  readonly collected: readonly Read[];
  /** Whether there may be no step at all. Slices of such a node have no cotangents. */
  readonly mayBeEmpty: boolean;
  /** What every step read as these inputs of the body, each along a first axis: by running the node again, for nothing keeps it. */
  record(inputs: readonly number[]): readonly string[];
}

/** One value a step, of the axis of another. */
export interface Read {
  /** Inside. */
  readonly value: Value;
  /** The value around; '' for what has to be recorded, of which the place among the body's inputs is given. */
  readonly outer: string;
  readonly input?: number;
  readonly axis: number;
  /** 1 where the forward node's first step has the last slice. */
  readonly direction: number;
}

/** A value that every step reads and nothing keeps. */
export const recordedAs = (value: Value, input: number): Read => ({
  value,
  outer: '',
  input,
  axis: 0,
  direction: 0,
});

/** A value without one of its axes. */
export const withoutAxis = ({ dtype, dims }: ValueType, axis: number): ValueType => ({
  dtype,
  dims: dims?.toSpliced(axis, 1),
});

/** The cotangent of an output as a step reads it. */
export function collectedAs(
  b: MathBuilder,
  outer: string | undefined,
  { axis, direction }: Pick<Read, 'axis' | 'direction'>,
): Read {
  const type = outer === undefined ? { dtype: 'float32' as const, dims: undefined } : b.type(outer);
  return {
    value: { name: b.fresh('slice'), ...withoutAxis(type, axis) },
    outer: outer ?? '',
    axis,
    direction,
  };
}

/**
 * Backward through steps, a Scan: it carries the cotangents of the states and the sums of those of captured values, and
 * reads, the other way round, the slices, the states that each step began with and the cotangents of what was collected.
 */
export function iteration(
  b: MathBuilder,
  step: RuleContext,
  forward: Forward,
): readonly (string | undefined)[] {
  const sought = soughtIn(b, step, forward);
  const { body, reads } = bodyBackward(b, step, { forward, sought });
  const initial = [
    ...sought.states.map((i) => step.cotangents[i] ?? b.zeros(forward.states[i])),
    ...sought.captured.map((name) => b.zeros(name)),
  ];
  const read = outside(forward, reads);
  const slices = sought.slices.map((k) => forward.slices[k]);
  const attributes = { body: { kind: 'graph', value: body } as const, ...ways(reads, slices) };
  const run = (at: MathBuilder) =>
    at.emitMany('Scan', [...initial, ...read], body.outputs.length, attributes);
  const results = forward.mayBeEmpty ? unlessEmpty(b, run, { initial, read }) : run(b);
  const places = [
    ...sought.states.map((i) => forward.first + i),
    ...sought.captured.map((name) => step.node.inputs.length + forward.captured.indexOf(name)),
    ...sought.slices.map((k) => forward.first + forward.states.length + k),
  ];
  return step.inputs.map((_, i) => (step.wanted[i] ? results[places.indexOf(i)] : undefined));
}

/** The values around that are read, recorded where there are none. */
function outside(forward: Forward, reads: readonly Read[]): readonly string[] {
  const wanted = reads.flatMap(({ input }) => input ?? []);
  const names = wanted.length === 0 ? [] : forward.record(wanted);
  return reads.map(({ outer, input }) => (input === undefined ? outer : names[wanted.indexOf(input)]));
}

/** ONNX Runtime refuses a Scan over nothing: without a step, what is carried stays as it was. */
function unlessEmpty(
  b: MathBuilder,
  run: (at: MathBuilder) => readonly string[],
  { initial, read }: { readonly initial: readonly string[]; readonly read: readonly string[] },
): readonly string[] {
  const branch = (give: (at: MathBuilder) => readonly string[]): Attribute => {
    const inner = mathBuilder(b.inside({ inputs: [] }));
    return { kind: 'graph', value: prune(inner.build(distinct(inner, give(inner)))) };
  };
  const steps = b.squeeze(b.sizes([{ of: read[0], axis: 0 }]), [0]);
  return b.emitMany('If', [b.compare('Greater', steps, 0)], initial.length, {
    then_branch: branch(run),
    else_branch: branch(() => initial),
  });
}

/** What the backward Scan finds cotangents of. */
interface Sought {
  /** Indices of states: those that vary, wanted or not. */
  readonly states: readonly number[];
  /** Indices of slices. */
  readonly slices: readonly number[];
  readonly captured: readonly string[];
}

function soughtIn(
  b: MathBuilder,
  step: RuleContext,
  { body, states, slices, captured, first }: Forward,
): Sought {
  const given = (i: number) => i < states.length || slices[i - states.length].outer !== '';
  const wanted = (i: number) => given(i) && step.wanted[first + i] === true;
  const sought = {
    slices: slices.map((_, k) => k).filter((k) => wanted(states.length + k)),
    captured: captured.filter((_, k) => step.wanted[step.node.inputs.length + k]),
  };
  const names = body.inputs.map(({ name }) => name);
  const from = new Set([...names.filter((_, i) => wanted(i)), ...sought.captured]);
  const varies = (i: number) => from.has(names[i]);
  for (let more = true; more; ) {
    const reached = dependents(body.nodes, from);
    const next = states.findIndex(
      (name, i) => !varies(i) && isFloat(b.dtype(name)) && reached.has(body.outputs[i].name),
    );
    more = next >= 0;
    if (more) from.add(names[next]);
  }
  return { ...sought, states: states.map((_, i) => i).filter(varies) };
}

/** Some values and all that depend on them. */
function dependents(nodes: readonly Node[], from: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set(from);
  for (const node of nodes) {
    if (usesOf(node).some((name) => reached.has(name))) for (const name of node.outputs) reached.add(name);
  }
  return reached;
}

interface Backward {
  readonly forward: Forward;
  readonly sought: Sought;
}

/** (cotangents of states..., sums of captured ones..., reads...) -> (the same a step earlier..., cotangents of slices...) */
function bodyBackward(
  b: MathBuilder,
  step: RuleContext,
  { forward, sought }: Backward,
): { readonly body: Graph; readonly reads: readonly Read[] } {
  const { body, states, slices, collected } = forward;
  const copy = (name: string): Value => ({ name: b.fresh('cotangent'), ...b.type(name) });
  const carried = sought.states.map((i) => copy(states[i]));
  const sums = sought.captured.map(copy);
  const reads = [...forward.before, ...slices, ...collected.filter(({ outer }) => outer !== '')];
  const inputs = [...carried, ...sums, ...reads.map(({ value }) => value)];
  const inner = mathBuilder(b.inside({ ...body, inputs }));
  const dStates = states.map((_, i) => carried[sought.states.indexOf(i)]?.name);
  const dCollected = collected.map(({ outer, value }) => (outer === '' ? undefined : value.name));
  const at = [...sought.states, ...sought.slices.map((k) => states.length + k)].map(
    (i) => body.inputs[i].name,
  );
  const found = step.pullback(inner, body, {
    cotangents: [...dStates, ...dCollected],
    wrt: [...at, ...sought.captured],
  });
  const sliced = at.map((name, i) => found[i] ?? inner.zeros(name));
  const totals = sums.map(({ name }, i) => {
    const part = found[at.length + i];
    return part === undefined ? name : inner.add(name, part);
  });
  const count = sought.states.length;
  const outputs = distinct(inner, [...sliced.slice(0, count), ...totals, ...sliced.slice(count)]);
  return trimmed(prune(inner.build(outputs)), { carried: [...carried, ...sums], reads });
}

/** Without the reads that nothing needs; one must stay, for it tells how many steps there are. */
function trimmed(body: Graph, { carried, reads }: { carried: readonly Value[]; reads: readonly Read[] }) {
  const used = new Set(body.nodes.flatMap(usesOf));
  const needed = reads.filter(({ value }) => used.has(value.name));
  const one = reads.find(({ outer }) => outer !== '') ?? reads.at(-1);
  const kept = needed.length === 0 && one ? [one] : needed;
  return { body: { ...body, inputs: [...carried, ...kept.map(({ value }) => value)] }, reads: kept };
}

/** Everything goes the other way round, and comes out where it came in. */
function ways(reads: readonly Read[], slices: readonly Read[]): AttributeInit {
  const axes = (list: readonly Read[]) => attr.ints(list.map(({ axis }) => axis));
  const opposite = (list: readonly Read[]) => attr.ints(list.map(({ direction }) => 1 - direction));
  const given = (list: readonly Read[], of: typeof axes) => (list.length === 0 ? undefined : of(list));
  return {
    num_scan_inputs: attr.int(reads.length),
    scan_input_axes: axes(reads),
    scan_input_directions: opposite(reads),
    scan_output_axes: given(slices, axes),
    scan_output_directions: given(slices, opposite),
  };
}
