import { type AttributeInit, attr } from '../builder.js';
import { isFloat } from '../infer/site.js';
import { usesOf } from '../scope.js';
import { prune } from '../transform/prune.js';
import type { Graph, Node, Value } from '../types.js';
import { type Calculus, calculus } from './calculus.js';
import { distinct } from './inner.js';
import type { Step } from './rule.js';
import { type Forward, forwardOf, type Read, statesBefore } from './scan-forward.js';

/**
 * Backward through the steps of a Scan, a Scan itself: it carries the cotangents of the states and the sums of those of captured
 * values, and reads, the other way round, the slices, the states that each step began with and the cotangents of what was collected.
 */
export function scan(b: Calculus, step: Step): readonly (string | undefined)[] {
  const forward = forwardOf(b, step);
  const sought = soughtIn(b, step, forward);
  const { body, reads } = bodyBackward(b, step, { forward, sought });
  const initial = [
    ...sought.states.map((i) => step.cotangents[i] ?? b.zeros(forward.states[i])),
    ...sought.captured.map((name) => b.zeros(name)),
  ];
  const before = statesBefore(b, step, { forward, wanted: reads.flatMap(({ state }) => state ?? []) });
  const read = reads.map(({ outer, state }) => (state === undefined ? outer : (before.get(state) ?? outer)));
  const results = b.emitMany('Scan', [...initial, ...read], body.outputs.length, {
    body: { kind: 'graph', value: body },
    ...attributes(
      reads,
      sought.slices.map((k) => forward.slices[k]),
    ),
  });
  const places = [
    ...sought.states,
    ...sought.captured.map((name) => step.node.inputs.length + forward.captured.indexOf(name)),
    ...sought.slices.map((k) => forward.states.length + k),
  ];
  return step.inputs.map((_, i) => (step.wanted[i] ? results[places.indexOf(i)] : undefined));
}

/** What the backward Scan finds cotangents of. */
interface Sought {
  /** Indices of states: those that vary, wanted or not. */
  readonly states: readonly number[];
  /** Indices of slices. */
  readonly slices: readonly number[];
  readonly captured: readonly string[];
}

function soughtIn(b: Calculus, step: Step, { body, states, slices, captured }: Forward): Sought {
  const wanted = (i: number) => step.wanted[i] === true;
  const sought = {
    slices: slices.map((_, k) => k).filter((k) => wanted(states.length + k)),
    captured: captured.filter((_, k) => wanted(step.node.inputs.length + k)),
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
  b: Calculus,
  step: Step,
  { forward, sought }: Backward,
): { readonly body: Graph; readonly reads: readonly Read[] } {
  const { body, states, slices, collected } = forward;
  const copy = (name: string): Value => ({ name: b.fresh('cotangent'), ...b.type(name) });
  const carried = sought.states.map((i) => copy(states[i]));
  const sums = sought.captured.map(copy);
  const reads = [...forward.before, ...slices, ...collected.filter(({ outer }) => outer !== '')];
  const inputs = [...carried, ...sums, ...reads.map(({ value }) => value)];
  const inner = calculus(b.inside({ ...body, inputs }));
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
  const kept = needed.length > 0 ? needed : reads.filter(({ state }) => state === undefined).slice(0, 1);
  return { body: { ...body, inputs: [...carried, ...kept.map(({ value }) => value)] }, reads: kept };
}

/** Everything goes the other way round, and comes out where it came in. */
function attributes(reads: readonly Read[], slices: readonly Read[]): AttributeInit {
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
