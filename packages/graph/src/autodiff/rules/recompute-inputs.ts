import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { opOf } from '../../ir/ops.js';
import type { ValueType } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';
import { distinctOutputs, renamedGraph } from './inner.js';
import type { RuleContext } from './rule.js';

/** Which inputs of the body of a Loop or Scan to recompute at every step. */
export interface Recomputation {
  /** Types of the body's inputs. */
  readonly types: readonly ValueType[];
  /** Number of outputs of the body that are not scan outputs, and how many of them are states. */
  readonly carriedOutputs: number;
  readonly states: number;
  /** Indices among the body's inputs. */
  readonly inputs: readonly number[];
}

/** Runs the node again with other scan outputs: the values that some inputs of the body have at every step, stacked along a first axis. */
export function recomputeBodyInputs(
  b: MathBuilder,
  step: RuleContext,
  { types, carriedOutputs: heads, states, inputs }: Recomputation,
): readonly string[] {
  const copy = renamedGraph(b, attributesOf(step.node, 'Loop', 'Scan').body);
  const named = copy.inputs.map(({ name }, i) => ({ ...types[i], name }));
  const inner = mathBuilder(b.inside({ ...copy, inputs: named }));
  const carried = copy.outputs.slice(0, heads).map(({ name }) => name);
  const outputs = distinctOutputs(inner, [...carried, ...inputs.map((i) => named[i].name)]);
  const { num_scan_inputs, scan_input_axes, scan_input_directions } = step.node.attributes;
  const results = b.emitMany(opOf(step.node), step.node.inputs, states + inputs.length, {
    body: { kind: 'graph', value: prune(inner.build(outputs)) },
    num_scan_inputs,
    scan_input_axes,
    scan_input_directions,
  });
  return results.slice(states);
}
