import { isFloat } from '@onnxplain/core';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import type { Graph, Value, ValueType } from '../../ir/types.js';
import { renamedGraph } from './inner.js';
import { type IterationParts, outputCotangentInput, recomputedInput, type StepInput } from './iteration.js';
import { recomputeBodyInputs } from './recompute-inputs.js';
import type { RuleContext } from './rule.js';

/** Number of inputs before the carried values: trip count and condition of a Loop, iteration number and condition of its body. */
const FIRST = 2;
const ITERATION: ValueType = { dtype: 'int64', dims: [] };
const CONDITION: ValueType = { dtype: 'bool', dims: [] };

/**
 * Returns a Loop as a Scan over its iteration numbers. The number of iterations is known after the forward pass, and the condition is true
 * in every iteration that ran.
 */
export function loopForward(b: MathBuilder, step: RuleContext): IterationParts {
  const explicit = step.node.inputs.length;
  const states = step.inputs.slice(FIRST, explicit);
  const copy = renamedGraph(b, attributesOf(step.node, 'Loop').body);
  const carried = fixedTypes(
    b,
    copy,
    states.map((name) => b.type(name)),
  );
  carried.forEach((type, i) => {
    if (isFloat(type.dtype)) requireFixedShape(step, type, i);
  });
  const [number, , ...names] = copy.inputs.map(({ name }) => name);
  const before = carried.map((type, i) => recomputedInput({ name: names[i], ...type }, i));
  const slices = [recomputedInput({ name: number, ...ITERATION }, states.length)];
  return {
    body: asScanBody(copy, [...before, ...slices]),
    states,
    captured: step.inputs.slice(explicit),
    firstState: FIRST,
    stateReads: before,
    slices,
    outputCotangents: step.cotangents
      .slice(states.length)
      .map((dy) => outputCotangentInput(b, dy, { axis: 0, direction: 0 })),
    mayBeEmpty: true,
    recomputeInputs: (inputs) => recompute(b, step, { carried, inputs }),
  };
}

/** Returns the body of a Loop as the body of a Scan, in which the condition is the constant true. */
function asScanBody(body: Graph, reads: readonly StepInput[]): Graph {
  const condition = body.inputs[1].name;
  return {
    ...body,
    inputs: reads.map(({ value }) => value),
    outputs: body.outputs.slice(1),
    constants: new Map([...body.constants, [condition, constantFrom('bool', [], [1])]]),
  };
}

interface RecomputedInputs {
  readonly carried: readonly ValueType[];
  /** Indices among the inputs of the Scan body: the carried values, then the iteration number. */
  readonly inputs: readonly number[];
}

function recompute(
  b: MathBuilder,
  step: RuleContext,
  { carried, inputs }: RecomputedInputs,
): readonly string[] {
  const count = carried.length;
  for (const i of inputs) if (i < count) requireFixedShape(step, carried[i], i);
  return recomputeBodyInputs(b, step, {
    types: [ITERATION, CONDITION, ...carried],
    carriedOutputs: 1 + count,
    states: count,
    inputs: inputs.map((i) => (i < count ? FIRST + i : 0)),
  });
}

/** Returns types of the carried values that hold in every iteration: without dims if the body changes the shape. */
function fixedTypes(b: MathBuilder, body: Graph, types: readonly ValueType[]): readonly ValueType[] {
  const given = [ITERATION, CONDITION, ...types];
  const inputs: readonly Value[] = body.inputs.map(({ name }, i) => ({ name, ...given[i] }));
  const inner = b.inside({ ...body, inputs });
  const next = types.map((type, i) => {
    const after = inner.typeOf(body.outputs[1 + i].name)?.dims;
    const same =
      type.dims?.length === after?.length && type.dims?.every((dim, axis) => dim === after?.[axis]);
    return same || type.dims === undefined ? type : { ...type, dims: undefined };
  });
  return next.every((type, i) => type === types[i]) ? types : fixedTypes(b, body, next);
}

function requireFixedShape(step: RuleContext, { dims }: ValueType, i: number): void {
  if (dims !== undefined) return;
  step.refuse(
    `its carried value "${step.inputs[FIRST + i]}" is not known to keep its shape from one iteration to the next`,
    'Give it its final shape before the loop and export with fixed sizes, or with the loop unrolled; name a value after it by --wrt (in a program cut), or estimate the gradient with difference(score).',
  );
}
