import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { renamedGraph } from './inner.js';
import {
  type IterationParts,
  outputCotangentInput,
  recomputedInput,
  type StepInput,
  withoutAxis,
} from './iteration.js';
import { recomputeBodyInputs } from './recompute-inputs.js';
import type { RuleContext } from './rule.js';

/** Returns a Scan in the form that its backward Scan is made from. */
export function scanForward(b: MathBuilder, step: RuleContext): IterationParts {
  const explicit = step.node.inputs.length;
  const count = explicit - attributesOf(step.node, 'Scan').num_scan_inputs;
  const states = step.inputs.slice(0, count);
  const copy = renamedGraph(b, attributesOf(step.node, 'Scan').body);
  const [into, out] = [sliceAxes(step, 'input'), sliceAxes(step, 'output')];
  const slices = step.inputs.slice(count, explicit).map((outer, k): StepInput => {
    const value = { name: copy.inputs[count + k].name, ...withoutAxis(b.type(outer), into(k).axis) };
    return { value, source: outer, ...into(k) };
  });
  const before = states.map((outer, i) =>
    recomputedInput({ name: copy.inputs[i].name, ...b.type(outer) }, i),
  );
  const types = [...before, ...slices].map(({ value }) => value);
  return {
    body: { ...copy, inputs: types },
    states,
    captured: step.inputs.slice(explicit),
    firstState: 0,
    stateReads: before,
    slices,
    outputCotangents: step.outputs
      .slice(count)
      .map((_, k) => outputCotangentInput(b, step.cotangents[count + k], out(k))),
    mayBeEmpty: false,
    recomputeInputs: (inputs) =>
      recomputeBodyInputs(b, step, { types, carriedOutputs: count, states: count, inputs }),
  };
}

/** Returns a function that gives the axis and direction of scan input or output k. */
function sliceAxes(step: RuleContext, side: 'input' | 'output') {
  const attributes = attributesOf(step.node, 'Scan');
  const [axes, directions] =
    side === 'input'
      ? [attributes.scan_input_axes, attributes.scan_input_directions]
      : [attributes.scan_output_axes, attributes.scan_output_directions];
  return (k: number) => ({ axis: axes?.[k] ?? 0, direction: directions?.[k] ?? 0 });
}
