import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { opOf } from '../../ir/ops.js';
import type { ValueType } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';
import { distinct, renamedGraph } from './inner.js';
import type { RuleContext } from './rule.js';

/** What to record of a node that runs a body step by step. */
export interface Recording {
  /** Types of the body's inputs. */
  readonly types: readonly ValueType[];
  /** How many outputs the body has beside those that are collected, and how many of them are states. */
  readonly heads: number;
  readonly states: number;
  /** Places among the body's inputs. */
  readonly inputs: readonly number[];
}

/** The node once more, which collects along a first axis what every step read as some inputs of its body, and nothing else. */
export function recordSteps(
  b: MathBuilder,
  step: RuleContext,
  { types, heads, states, inputs }: Recording,
): readonly string[] {
  const copy = renamedGraph(b, attributesOf(step.node, 'Loop', 'Scan').body);
  const named = copy.inputs.map(({ name }, i) => ({ ...types[i], name }));
  const inner = mathBuilder(b.inside({ ...copy, inputs: named }));
  const carried = copy.outputs.slice(0, heads).map(({ name }) => name);
  const outputs = distinct(inner, [...carried, ...inputs.map((i) => named[i].name)]);
  const { num_scan_inputs, scan_input_axes, scan_input_directions } = step.node.attributes;
  const results = b.emitMany(opOf(step.node), step.node.inputs, states + inputs.length, {
    body: { kind: 'graph', value: prune(inner.build(outputs)) },
    num_scan_inputs,
    scan_input_axes,
    scan_input_directions,
  });
  return results.slice(states);
}
