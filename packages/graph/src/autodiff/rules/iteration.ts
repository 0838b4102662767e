import { isFloat } from '@onnxplain/core';
import { type AttributeInit, attr } from '../../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { usesOf } from '../../ir/scope.js';
import type { Attribute, Graph, Node, Value, ValueType } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';
import { distinctOutputs } from './inner.js';
import type { RuleContext } from './rule.js';

/** A Loop or Scan node in the form that its backward Scan is made from. */
export interface IterationParts {
  /** Copy of the body, (states..., slices...) -> (states..., scan outputs...), with new names and typed inputs. */
  readonly body: Graph;
  /** Initial states, and the values of the outer graph that the body captures. */
  readonly states: readonly string[];
  readonly captured: readonly string[];
  /** Index of the first state among the node's inputs. Scan inputs follow the last state. */
  readonly firstState: number;
  /** What a step of the body reads: the states before the step, and the slices. */
  readonly stateReads: readonly StepInput[];
  readonly slices: readonly StepInput[];
  /** Cotangents of the scan outputs; `source` is '' for an output without a cotangent. */
  readonly outputCotangents: readonly StepInput[];
  /** Whether the node may run no step. Slices of such a node have no cotangents. */
  readonly mayBeEmpty: boolean;
  /**
   * Returns the values of these inputs of the body at every step, stacked along a first axis. Runs the node again, which does not store
   * them.
   */
  recomputeInputs(inputs: readonly number[]): readonly string[];
}

/** An input of the backward Scan: each step reads one slice of `source`. */
export interface StepInput {
  /** The slice, inside the body. */
  readonly value: Value;
  /** The value of the outer graph that is sliced; '' if it must be recomputed as input `input` of the body. */
  readonly source: string;
  readonly input?: number;
  readonly axis: number;
  /** 1 if the first forward step reads or writes the last slice, else 0. */
  readonly direction: number;
}

/** An input of the body that must be recomputed. */
export const recomputedInput = (value: Value, input: number): StepInput => ({
  value,
  source: '',
  input,
  axis: 0,
  direction: 0,
});

/** Returns a type without one of its axes. */
export const withoutAxis = ({ dtype, dims }: ValueType, axis: number): ValueType => ({
  dtype,
  dims: dims?.toSpliced(axis, 1),
});

/** The cotangent of a scan output as an input of the backward Scan. */
export function outputCotangentInput(
  b: MathBuilder,
  outer: string | undefined,
  { axis, direction }: Pick<StepInput, 'axis' | 'direction'>,
): StepInput {
  const type = outer === undefined ? { dtype: 'float32' as const, dims: undefined } : b.type(outer);
  return {
    value: { name: b.fresh('slice'), ...withoutAxis(type, axis) },
    source: outer ?? '',
    axis,
    direction,
  };
}

/**
 * The backward pass of a Loop or Scan is a Scan over its steps in reverse order. It carries the cotangents of the states and the sums of
 * the cotangents of captured values. Each step reads the slices and states that the forward step read, and the cotangents of the scan
 * outputs.
 */
export function iterationBackward(
  b: MathBuilder,
  step: RuleContext,
  forward: IterationParts,
): readonly (string | undefined)[] {
  const targets = targetsOf(b, step, forward);
  const { body, reads } = bodyBackward(b, step, { forward, targets });
  const initial = [
    ...targets.states.map((i) => step.cotangents[i] ?? b.zeros(forward.states[i])),
    ...targets.captured.map((name) => b.zeros(name)),
  ];
  const read = sourceValues(forward, reads);
  const slices = targets.slices.map((k) => forward.slices[k]);
  const attributes = { body: { kind: 'graph', value: body } as const, ...scanAttributes(reads, slices) };
  const run = (at: MathBuilder) =>
    at.emitMany('Scan', [...initial, ...read], body.outputs.length, attributes);
  const results = forward.mayBeEmpty ? guardNoSteps(b, run, { initial, read }) : run(b);
  const positions = [
    ...targets.states.map((i) => forward.firstState + i),
    ...targets.captured.map((name) => step.node.inputs.length + forward.captured.indexOf(name)),
    ...targets.slices.map((k) => forward.firstState + forward.states.length + k),
  ];
  return step.inputs.map((_, i) => (step.wanted[i] ? results[positions.indexOf(i)] : undefined));
}

/** Returns the outer values that the backward Scan slices, and recomputes those that are not stored. */
function sourceValues(forward: IterationParts, reads: readonly StepInput[]): readonly string[] {
  const wanted = reads.flatMap(({ input }) => input ?? []);
  const names = wanted.length === 0 ? [] : forward.recomputeInputs(wanted);
  return reads.map(({ source: outer, input }) =>
    input === undefined ? outer : names[wanted.indexOf(input)],
  );
}

/** ONNX Runtime refuses a Scan without steps. Emits an If that returns the initial values when there is no step. */
function guardNoSteps(
  b: MathBuilder,
  run: (at: MathBuilder) => readonly string[],
  { initial, read }: { readonly initial: readonly string[]; readonly read: readonly string[] },
): readonly string[] {
  const branch = (give: (at: MathBuilder) => readonly string[]): Attribute => {
    const inner = mathBuilder(b.inside({ inputs: [] }));
    return { kind: 'graph', value: prune(inner.build(distinctOutputs(inner, give(inner)))) };
  };
  const steps = b.squeeze(b.sizes([{ of: read[0], axis: 0 }]), [0]);
  return b.emitMany('If', [b.compare('Greater', steps, 0)], initial.length, {
    then_branch: branch(run),
    else_branch: branch(() => initial),
  });
}

/** The values whose cotangents the backward Scan computes. */
interface Targets {
  /** Indices of the states that vary, also of those whose initial value needs no cotangent. */
  readonly states: readonly number[];
  /** Indices of slices. */
  readonly slices: readonly number[];
  readonly captured: readonly string[];
}

function targetsOf(
  b: MathBuilder,
  step: RuleContext,
  { body, states, slices, captured, firstState: first }: IterationParts,
): Targets {
  const given = (i: number) => i < states.length || slices[i - states.length].source !== '';
  const wanted = (i: number) => given(i) && step.wanted[first + i] === true;
  const targets = {
    slices: slices.map((_, k) => k).filter((k) => wanted(states.length + k)),
    captured: captured.filter((_, k) => step.wanted[step.node.inputs.length + k]),
  };
  const names = body.inputs.map(({ name }) => name);
  const from = new Set([...names.filter((_, i) => wanted(i)), ...targets.captured]);
  const varies = (i: number) => from.has(names[i]);
  for (let more = true; more; ) {
    const reached = dependents(body.nodes, from);
    const next = states.findIndex(
      (name, i) => !varies(i) && isFloat(b.dtype(name)) && reached.has(body.outputs[i].name),
    );
    more = next >= 0;
    if (more) from.add(names[next]);
  }
  return { ...targets, states: states.map((_, i) => i).filter(varies) };
}

/** Returns `from` and all values that depend on it. */
function dependents(nodes: readonly Node[], from: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set(from);
  for (const node of nodes) {
    if (usesOf(node).some((name) => reached.has(name))) for (const name of node.outputs) reached.add(name);
  }
  return reached;
}

interface BackwardBody {
  readonly forward: IterationParts;
  readonly targets: Targets;
}

/**
 * Makes the backward body: (state cotangents..., sums of captured values..., reads...) -> (the same one step earlier..., slice
 * cotangents...).
 */
function bodyBackward(
  b: MathBuilder,
  step: RuleContext,
  { forward, targets }: BackwardBody,
): { readonly body: Graph; readonly reads: readonly StepInput[] } {
  const { body, states, slices, outputCotangents: collected } = forward;
  const copy = (name: string): Value => ({ name: b.fresh('cotangent'), ...b.type(name) });
  const carried = targets.states.map((i) => copy(states[i]));
  const sums = targets.captured.map(copy);
  const reads = [...forward.stateReads, ...slices, ...collected.filter(({ source: outer }) => outer !== '')];
  const inputs = [...carried, ...sums, ...reads.map(({ value }) => value)];
  const inner = mathBuilder(b.inside({ ...body, inputs }));
  const dStates = states.map((_, i) => carried[targets.states.indexOf(i)]?.name);
  const dCollected = collected.map(({ source: outer, value }) => (outer === '' ? undefined : value.name));
  const at = [...targets.states, ...targets.slices.map((k) => states.length + k)].map(
    (i) => body.inputs[i].name,
  );
  const found = step.pullback(inner, body, {
    cotangents: [...dStates, ...dCollected],
    wrt: [...at, ...targets.captured],
  });
  const sliced = at.map((name, i) => found[i] ?? inner.zeros(name));
  const totals = sums.map(({ name }, i) => {
    const part = found[at.length + i];
    return part === undefined ? name : inner.add(name, part);
  });
  const count = targets.states.length;
  const outputs = distinctOutputs(inner, [...sliced.slice(0, count), ...totals, ...sliced.slice(count)]);
  return withoutUnusedReads(prune(inner.build(outputs)), { carried: [...carried, ...sums], reads });
}

/** Removes unused inputs of the backward Scan. Keeps at least one, because its length is the number of steps. */
function withoutUnusedReads(
  body: Graph,
  { carried, reads }: { carried: readonly Value[]; reads: readonly StepInput[] },
) {
  const used = new Set(body.nodes.flatMap(usesOf));
  const needed = reads.filter(({ value }) => used.has(value.name));
  const one = reads.find(({ source: outer }) => outer !== '') ?? reads.at(-1);
  const kept = needed.length === 0 && one ? [one] : needed;
  return { body: { ...body, inputs: [...carried, ...kept.map(({ value }) => value)] }, reads: kept };
}

/** Attributes of the backward Scan: it reads in the opposite direction and writes each slice cotangent at the position of its slice. */
function scanAttributes(reads: readonly StepInput[], slices: readonly StepInput[]): AttributeInit {
  const axes = (list: readonly StepInput[]) => attr.ints(list.map(({ axis }) => axis));
  const opposite = (list: readonly StepInput[]) => attr.ints(list.map(({ direction }) => 1 - direction));
  const given = (list: readonly StepInput[], of: typeof axes) => (list.length === 0 ? undefined : of(list));
  return {
    num_scan_inputs: attr.int(reads.length),
    scan_input_axes: axes(reads),
    scan_input_directions: opposite(reads),
    scan_output_axes: given(slices, axes),
    scan_output_directions: given(slices, opposite),
  };
}
