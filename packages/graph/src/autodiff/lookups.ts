import { isFloat } from '@onnxplain/core';
import { infer } from '../infer/infer.js';
import { numbersOf } from '../ir/constant.js';
import { opsIn } from '../ir/ops.js';
import type { Dims, Graph, Node, Value, ValueType } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';
import { isDifferentiable } from './flatness.js';

/**
 * An embedding layer: rows of a constant table, [rows, width], that the whole numbers of an input pick. Exporters write it as a Gather,
 * or as a OneHot times the table. The table may be quantised, with a DequantizeLinear or a Cast before or behind the Gather. The input
 * may be of floats that the graph casts (Keras), where no output has a derivative by it.
 */
export interface Lookup {
  /** The input that holds the row numbers. */
  readonly input: string;
  /** The value that holds the table, computed from constants alone. */
  readonly table: string;
  readonly rows: number;
  readonly width: number;
  /** The value of floats that holds the picked rows: the input's axes, then `width`. */
  readonly output: string;
  /** Whether the graph replaces numbers outside the table by those of rows. */
  readonly clamps: boolean;
}

/** Operators that keep whole numbers as they are. They may change the axes. */
const HANDS_ON: ReadonlySet<string> = new Set([...opsIn('reshape'), 'Identity', 'Cast']);

/** Operators that replace numbers outside some limits, which are constants, by the limits. */
const CLAMPS: ReadonlySet<string> = new Set(['Clip', 'Max', 'Min']);

/** Operators of which each lookup has one. */
const ENCODES: ReadonlySet<string> = new Set(['Gather', 'OneHot', 'Equal']);

/** Operators that turn whole numbers of a quantised table into floats. */
const TO_FLOATS: ReadonlySet<string> = new Set(['DequantizeLinear', 'Cast']);

/**
 * Lists the lookups of a graph in canonical form, in order, whose row numbers an input holds. Numbers that are computed from an input, such
 * as positions counted in a mask, do not count, nor do rows that do not lie along the axes of the input.
 */
export function lookupsOf(graph: Graph): readonly Lookup[] {
  if (!graph.nodes.some(({ op, domain }) => domain === '' && ENCODES.has(op))) return [];
  const around: Around = { graph, makers: producersOf(graph.nodes), types: () => infer(graph) };
  return graph.nodes.flatMap((node) => {
    const picked = pickedRows(node, around);
    const behind = picked && inputBehind(around, picked.numbers);
    if (picked === undefined || behind === undefined) return [];
    const { table, output } = picked;
    const sizes = sizesOfTable(table, around);
    const isEmbedding = sizes !== undefined && liesAlong(around.types().get(output)?.dims, behind.input.dims);
    if (!isEmbedding || !holdsWholeNumbers(graph, behind.input)) return [];
    const [rows, width] = sizes;
    return [{ input: behind.input.name, table, rows, width, output, clamps: behind.clamps }];
  });
}

interface Around {
  readonly graph: Graph;
  readonly makers: ReadonlyMap<string, Node>;
  readonly types: () => ReadonlyMap<string, ValueType>;
}

/** Rows that numbers pick from a table. */
interface Picked {
  readonly table: string;
  /** The value that holds the row numbers. */
  readonly numbers: string;
  /** The value of floats that holds the rows. */
  readonly output: string;
}

/** Returns the rows that a node picks. Undefined for any other node. */
function pickedRows(node: Node, around: Around): Picked | undefined {
  const { op, domain, inputs, attributes, outputs } = node;
  if (domain !== '') return undefined;
  if (op === 'MatMul') {
    const numbers = encodedNumbers(inputs[0], around);
    return numbers === undefined ? undefined : { table: inputs[1], numbers, output: outputs[0] };
  }
  if (op !== 'Gather' || (attributes.axis?.value ?? 0) !== 0) return undefined;
  const output = floatsOf(outputs[0], around);
  return output === undefined ? undefined : { table: inputs[0], numbers: inputs[1], output };
}

/** Returns a value, or where it holds quantised numbers the floats that one node makes of them. */
function floatsOf(value: string, { graph, types }: Around): string | undefined {
  const isFloats = (name: string): boolean => isFloat(types().get(name)?.dtype ?? 'string');
  if (isFloats(value)) return value;
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(value));
  const [reader] = readers;
  const converts =
    readers.length === 1 &&
    reader.domain === '' &&
    TO_FLOATS.has(reader.op) &&
    reader.inputs.slice(1).every((name) => name === '' || graph.constants.has(name));
  return converts && isFloats(reader.outputs[0]) ? reader.outputs[0] : undefined;
}

/** Returns the numbers that a OneHot, perhaps cast, encodes as a 1 among zeros along its last axis. */
function encodedNumbers(value: string, { graph, makers, types }: Around): string | undefined {
  let node = makers.get(value);
  while (node?.op === 'Cast' && node.domain === '') node = makers.get(node.inputs[0]);
  if (node?.op === 'Equal' && node.domain === '') return comparedNumbers(node, { graph, makers, types });
  if (node?.op !== 'OneHot' || node.domain !== '') return undefined;
  const [numbers, , values] = node.inputs;
  const constant = graph.constants.get(values);
  const [off, on] = constant === undefined ? [] : numbersOf(constant);
  const axis = Number(node.attributes.axis?.value ?? -1);
  const isLast = axis === -1 || axis === types().get(numbers)?.dims?.length;
  return off === 0 && on === 1 && isLast ? numbers : undefined;
}

/** Returns the numbers that an Equal compares with 0, 1, 2 and so on along a new last axis. */
function comparedNumbers({ inputs }: Node, { graph, makers, types }: Around): string | undefined {
  const constant = inputs.map((name) => graph.constants.get(name)).find((value) => value !== undefined);
  const counts = constant !== undefined && numbersOf(constant).every((number, i) => number === i);
  const unsqueeze = inputs.map((name) => makers.get(name)).find((maker) => maker?.op === 'Unsqueeze');
  const axes = unsqueeze && graph.constants.get(unsqueeze.inputs[1]);
  if (!counts || unsqueeze === undefined || axes === undefined) return undefined;
  const rank = types().get(unsqueeze.inputs[0])?.dims?.length;
  const [axis, ...others] = numbersOf(axes);
  return others.length === 0 && (axis === -1 || axis === rank) ? unsqueeze.inputs[0] : undefined;
}

/** Returns rows and width of a table that is computed from constants alone. */
function sizesOfTable(name: string, { graph, makers, types }: Around): readonly [number, number] | undefined {
  const dims = types().get(name)?.dims;
  const [rows, width] = dims ?? [];
  if (dims?.length !== 2 || typeof rows !== 'number' || typeof width !== 'number') return undefined;
  const isConstant = (value: string): boolean =>
    value === '' || graph.constants.has(value) || makers.get(value)?.inputs.every(isConstant) === true;
  return isConstant(name) ? [rows, width] : undefined;
}

/** Returns the input whose numbers a value holds, up to limits. Undefined where they are computed. */
function inputBehind(
  { graph: { inputs, constants }, makers }: Around,
  value: string,
): { readonly input: Value; readonly clamps: boolean } | undefined {
  let [name, clamps] = [value, false];
  for (let node = makers.get(name); node !== undefined; node = makers.get(name)) {
    const open = node.inputs.filter((each) => each !== '' && !constants.has(each));
    const isClamp = CLAMPS.has(node.op) && open.length === 1;
    const counted = countedFromEnd(node, makers);
    if (node.domain !== '' || !(isClamp || counted !== undefined || HANDS_ON.has(node.op))) return undefined;
    clamps ||= isClamp || counted !== undefined;
    name = counted ?? (isClamp ? open[0] : node.inputs[0]);
  }
  const input = inputs.find((each) => each.name === name);
  return input && { input, clamps };
}

/** Returns the numbers of which a Where replaces negative ones by those that count from the end: Where(x < 0, x + rows, x). */
function countedFromEnd(node: Node, makers: ReadonlyMap<string, Node>): string | undefined {
  const [condition, shifted, kept] = node.inputs;
  const [less, add] = [makers.get(condition), makers.get(shifted)];
  const counts = node.op === 'Where' && less?.op === 'Less' && add?.op === 'Add';
  return counts && less.inputs[0] === kept && add.inputs.includes(kept) ? kept : undefined;
}

const holdsWholeNumbers = (graph: Graph, { name, dtype }: Value): boolean =>
  !isFloat(dtype) ||
  graph.outputs.every((of) => !isFloat(of.dtype) || !isDifferentiable(graph, { of: of.name, wrt: name }));

const liesAlong = (picked: Dims | undefined, [batch, ...axes]: Dims = []): boolean =>
  picked !== undefined && picked[0] === batch && picked.length === axes.length + 2;
