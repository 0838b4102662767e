import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { renamedGraph } from './inner.js';
import { collectedAs, type Forward, type Read, recordedAs, withoutAxis } from './iteration.js';
import { recordSteps } from './record-steps.js';
import type { RuleContext } from './rule.js';

/** The parts of a Scan node. */
export function scanForward(b: MathBuilder, step: RuleContext): Forward {
  const explicit = step.node.inputs.length;
  const count = explicit - attributesOf(step.node, 'Scan').num_scan_inputs;
  const states = step.inputs.slice(0, count);
  const copy = renamedGraph(b, attributesOf(step.node, 'Scan').body);
  const [into, out] = [sides(step, 'input'), sides(step, 'output')];
  const slices = step.inputs.slice(count, explicit).map((outer, k): Read => {
    const value = { name: copy.inputs[count + k].name, ...withoutAxis(b.type(outer), into(k).axis) };
    return { value, outer, ...into(k) };
  });
  const before = states.map((outer, i) => recordedAs({ name: copy.inputs[i].name, ...b.type(outer) }, i));
  const types = [...before, ...slices].map(({ value }) => value);
  return {
    body: { ...copy, inputs: types },
    states,
    captured: step.inputs.slice(explicit),
    first: 0,
    before,
    slices,
    collected: step.outputs.slice(count).map((_, k) => collectedAs(b, step.cotangents[count + k], out(k))),
    mayBeEmpty: false,
    record: (inputs) => recordSteps(b, step, { types, heads: count, states: count, inputs }),
  };
}

/** The axis and the direction of every slice that comes in, or that goes out. */
function sides(step: RuleContext, side: 'input' | 'output') {
  const attributes = attributesOf(step.node, 'Scan');
  const [axes, directions] =
    side === 'input'
      ? [attributes.scan_input_axes, attributes.scan_input_directions]
      : [attributes.scan_output_axes, attributes.scan_output_directions];
  return (k: number) => ({ axis: axes?.[k] ?? 0, direction: directions?.[k] ?? 0 });
}
