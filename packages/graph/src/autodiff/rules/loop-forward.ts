import { isFloat } from '@onnxplain/core';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import type { Graph, Value, ValueType } from '../../ir/types.js';
import { renamedGraph } from './inner.js';
import { collectedAs, type Forward, type Read, recordedAs } from './iteration.js';
import { recordSteps } from './record-steps.js';
import type { RuleContext } from './rule.js';

/** Before what a Loop carries come its bound and its condition; in its body, the number of the iteration and the condition. */
const FIRST = 2;
const ITERATION: ValueType = { dtype: 'int64', dims: [] };
const CONDITION: ValueType = { dtype: 'bool', dims: [] };

/**
 * A Loop node taken apart: a Scan over the numbers of its iterations, which are known when it has run. While the body runs, the condition
 * holds.
 */
export function loopForward(b: MathBuilder, step: RuleContext): Forward {
  const explicit = step.node.inputs.length;
  const states = step.inputs.slice(FIRST, explicit);
  const copy = renamedGraph(b, attributesOf(step.node, 'Loop').body);
  const carried = steady(
    b,
    copy,
    states.map((name) => b.type(name)),
  );
  carried.forEach((type, i) => {
    if (isFloat(type.dtype)) requireSteady(step, type, i);
  });
  const [number, , ...names] = copy.inputs.map(({ name }) => name);
  const before = carried.map((type, i) => recordedAs({ name: names[i], ...type }, i));
  const slices = [recordedAs({ name: number, ...ITERATION }, states.length)];
  return {
    body: whileTrue(copy, [...before, ...slices]),
    states,
    captured: step.inputs.slice(explicit),
    first: FIRST,
    before,
    slices,
    collected: step.cotangents
      .slice(states.length)
      .map((dy) => collectedAs(b, dy, { axis: 0, direction: 0 })),
    mayBeEmpty: true,
    record: (inputs) => recorded(b, step, { carried, inputs }),
  };
}

/** The body of a Loop as that of a Scan: what it reads, and its condition a constant. */
function whileTrue(body: Graph, reads: readonly Read[]): Graph {
  const condition = body.inputs[1].name;
  return {
    ...body,
    inputs: reads.map(({ value }) => value),
    outputs: body.outputs.slice(1),
    constants: new Map([...body.constants, [condition, constantFrom('bool', [], [1])]]),
  };
}

interface Wanted {
  readonly carried: readonly ValueType[];
  /** Places among what a Scan would read: what is carried, then the number of the iteration. */
  readonly inputs: readonly number[];
}

function recorded(b: MathBuilder, step: RuleContext, { carried, inputs }: Wanted): readonly string[] {
  const count = carried.length;
  for (const i of inputs) if (i < count) requireSteady(step, carried[i], i);
  return recordSteps(b, step, {
    types: [ITERATION, CONDITION, ...carried],
    heads: 1 + count,
    states: count,
    inputs: inputs.map((i) => (i < count ? FIRST + i : 0)),
  });
}

/** Types of what is carried in every iteration; without dims where the body does not give back the sizes that it was given. */
function steady(b: MathBuilder, body: Graph, types: readonly ValueType[]): readonly ValueType[] {
  const given = [ITERATION, CONDITION, ...types];
  const inputs: readonly Value[] = body.inputs.map(({ name }, i) => ({ name, ...given[i] }));
  const inner = b.inside({ ...body, inputs });
  const next = types.map((type, i) => {
    const after = inner.typeOf(body.outputs[1 + i].name)?.dims;
    const same =
      type.dims?.length === after?.length && type.dims?.every((dim, axis) => dim === after?.[axis]);
    return same || type.dims === undefined ? type : { ...type, dims: undefined };
  });
  return next.every((type, i) => type === types[i]) ? types : steady(b, body, next);
}

function requireSteady(step: RuleContext, { dims }: ValueType, i: number): void {
  if (dims !== undefined) return;
  step.refuse(
    `its carried value "${step.inputs[FIRST + i]}" is not known to keep its shape from one iteration to the next`,
    'Give it its final shape before the loop and export with fixed sizes, or with the loop unrolled; explain an inner tensor after it (cut), or estimate the gradient with difference(score).',
  );
}
