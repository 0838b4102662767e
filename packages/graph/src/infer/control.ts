import { attributesOf } from '../ir/attributes.js';
import type { Dim, ValueType } from '../ir/types.js';
import { subtractDims } from './dim.js';
import { axisOf, type InferRow, type Inferred, type Site } from './site.js';

/** The type of a value, if known. */
type Known = ValueType | undefined;

/**
 * If: the types of the branch that a known condition selects, else what both branches have in common. A branch that is not taken is not
 * inferred, because it may contradict the shapes.
 */
export const branches: InferRow = (site) => {
  const [condition] = site.elements(0) ?? [];
  const attributes = attributesOf(site.node, 'If');
  const results = (name: 'else_branch' | 'then_branch') => site.inside(attributes[name], []);
  if (typeof condition === 'number') return results(condition === 0 ? 'else_branch' : 'then_branch');
  const [first, second] = [results('then_branch'), results('else_branch')];
  return first.map((type, i) => join(site, type, second[i]));
};

/** Returns the type that two values have in common, with unknown sizes where they differ. */
function join(site: Site, a: Known, b: Known): Known {
  if (a === undefined || b === undefined || a.dtype !== b.dtype) return undefined;
  if (a.dims === undefined || a.dims.length !== b.dims?.length) return { dtype: a.dtype, dims: undefined };
  return { dtype: a.dtype, dims: a.dims.map((dim, i): Dim => (dim === b.dims?.[i] ? dim : site.unknown())) };
}

/** Types of the inputs of a loop body: those before the loop-carried values, the loop-carried values, and those after them. */
interface BodyInputs {
  readonly before: readonly ValueType[];
  readonly carried: readonly ValueType[];
  readonly after: readonly ValueType[];
}

/**
 * Returns the types of the outputs of a body that hold for every iteration. A loop-carried value keeps the sizes that the body does not
 * change; its other sizes are unknown.
 */
function bodyOutputs(site: Site, { before, carried, after }: BodyInputs): readonly Known[] {
  const { body } = attributesOf(site.node, 'Loop', 'Scan');
  const conditions = site.node.op === 'Loop' ? 1 : 0;
  const run = (states: readonly ValueType[]) =>
    site.inside(body, [...before, ...states, ...after]).slice(conditions);
  const joined = (results: readonly Known[], states: readonly Known[]) =>
    states.map((type, i) => join(site, type, results[i]));
  const stable = joined(run(carried), carried);
  if (!stable.every((type) => type !== undefined)) return [];
  const again = run(stable);
  return [...joined(again, stable), ...again.slice(carried.length)];
}

/** Loop: the loop-carried values, then the scan outputs, which have an entry for each iteration along a new first axis. */
export const loop: InferRow = (site) => {
  const carried = site.node.inputs.slice(2).map((_, i) => site.type(i + 2));
  const before: ValueType[] = [
    { dtype: 'int64', dims: [] },
    { dtype: 'bool', dims: [] },
  ];
  const types = bodyOutputs(site, { before, carried, after: [] });
  // A symbol is at least 1, but the number of iterations may be 0.
  const count = subtractDims(site.unknown(), 1);
  return types.map((type, i) => (i < carried.length ? type : collected(type, { axis: 0, count })));
};

/** Scan: the states, then the scan outputs, which have an entry for each iteration along an axis. */
export const scan: InferRow = (site) => {
  const {
    num_scan_inputs,
    scan_input_axes: axes,
    scan_output_axes: outAxes,
  } = attributesOf(site.node, 'Scan');
  const states = site.node.inputs.length - num_scan_inputs;
  const types = site.node.inputs.map((_, i) => site.type(i));
  const sliced = types.slice(states).map((type, k) => along(site, type, axes?.[k] ?? 0));
  const carried = types.slice(0, states);
  const after = sliced.map(({ slice }) => slice);
  const outputs = bodyOutputs(site, { before: [], carried, after });
  const count = sliced[0]?.count ?? site.unknown();
  return outputs.map((type, i) =>
    i < states ? type : collected(type, { axis: outAxes?.[i - states] ?? 0, count }),
  );
};

/** Returns the type of a slice of a value along an axis, and the number of slices. */
function along(site: Site, { dtype, dims }: ValueType, axis: number): { slice: ValueType; count: Dim } {
  if (dims === undefined) return { slice: { dtype, dims }, count: site.unknown() };
  const from = axisOf(site, axis, dims.length);
  return { slice: { dtype, dims: dims.toSpliced(from, 1) }, count: dims[from] ?? site.unknown() };
}

/** Inserts the axis of a scan output; a negative axis counts from the end of the result. */
function collected(type: Known, { axis, count }: { axis: number; count: Dim }): Inferred | undefined {
  if (type?.dims === undefined) return type;
  const at = axis < 0 ? axis + type.dims.length + 1 : axis;
  return { dtype: type.dtype, dims: type.dims.toSpliced(at, 0, count) };
}
