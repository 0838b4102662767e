import type { Builder } from '../builder/builder.js';
import { numbersOf } from '../ir/constant.js';
import type { Constant, Graph, Node } from '../ir/types.js';

/** Channels that ONNX Runtime keeps together on processors with AVX-512; others keep 8 or 4. */
export const BLOCK = 16;

/** It fills up blocks whose channels are a multiple of this. */
export const ALIGNED = 4;

/** Number of channels of the values that ONNX Runtime has in blocks (NCHWc). */
export type BlockedChannels = ReadonlyMap<string, number>;

export interface Values {
  readonly constants: Graph['constants'];
  readonly typeOf: Builder['typeOf'];
}

export function layoutOf({ nodes, constants }: Graph, typeOf: Builder['typeOf']): BlockedChannels {
  const layout = new Map<string, number>();
  for (const node of nodes) {
    const channels = blockedChannels(node, layout, { constants, typeOf });
    if (channels !== undefined) layout.set(node.outputs[0], channels);
  }
  return layout;
}

/** The channels of a node's result where ONNX Runtime has it in blocks, given the layout of the values before it. */
export function blockedChannels(
  node: Node,
  layout: BlockedChannels,
  { constants, typeOf }: Values,
): number | undefined {
  const channels = alignedChannels(typeOf, node.outputs[0]);
  return channels !== undefined && isBlocked(node, layout, constants) ? channels : undefined;
}

/** The channels of a value [N, C, H, W] of float32 that can be in blocks. */
export function alignedChannels(typeOf: Builder['typeOf'], name: string): number | undefined {
  const type = typeOf(name);
  const channels = type?.dims?.[1];
  if (type?.dtype !== 'float32' || type.dims?.length !== 4 || typeof channels !== 'number') return undefined;
  return channels % ALIGNED === 0 ? channels : undefined;
}

/** Operators that leave their first input where it is. Of these, Abs and Neg only stand there until they are rewritten. */
const UNARY: ReadonlySet<string> = new Set([
  'Abs', 'AveragePool', 'BatchNormalization', 'Clip', 'GlobalAveragePool', 'GlobalMaxPool', 'HardSigmoid', 'Identity', 'MaxPool',
  'Neg', 'Relu', 'Resize', 'Sigmoid', 'Tanh',
]); // biome-ignore format: a list

/** Operators that need all their inputs in blocks. Of these, Min and Sub only stand there until masks are rewritten. */
const NARY: ReadonlySet<string> = new Set(['Add', 'Min', 'Mul', 'Sub']);

function isBlocked(
  { op, inputs, outputs, attributes }: Node,
  layout: BlockedChannels,
  constants: Graph['constants'],
) {
  if (op === 'Conv') return takesBlocks(constants.get(inputs[1]), attributes.group?.value ?? 1);
  if (UNARY.has(op)) return outputs.length === 1 && layout.has(inputs[0]);
  if (op === 'Concat') return inputs.every((name) => (layout.get(name) ?? 1) % BLOCK === 0);
  return (
    NARY.has(op) && inputs.every((name) => layout.has(name) || numberOf(constants.get(name)) !== undefined)
  );
}

/** Whether a kernel [M, C/g, ...] lets a convolution work on blocks: known, its channels fill some, or they are few. */
function takesBlocks(kernel: Constant | undefined, group: unknown): boolean {
  if (kernel === undefined || typeof group !== 'number') return false;
  const [outputs, inputs] = kernel.dims;
  if (group === 1) return inputs < BLOCK || inputs % ALIGNED === 0;
  const depthwise = inputs === 1 && outputs === group;
  return depthwise || (inputs % BLOCK === 0 && (outputs / group) % BLOCK === 0);
}

/** Operators through which a value in blocks goes on in blocks. */
const PASSING: ReadonlySet<string> = new Set([
  'Abs', 'Add', 'HardSigmoid', 'Mul', 'Neg', 'Relu', 'Sigmoid', 'Sub', 'Tanh',
]); // biome-ignore format: a list

/** Values that reach a convolution through operators that can work on blocks. */
export function blockedAreas(nodes: readonly Node[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { op, inputs, outputs } of nodes.toReversed()) {
    if (op === 'Conv') found.add(inputs[0]);
    else if (PASSING.has(op) && found.has(outputs[0])) for (const name of inputs) found.add(name);
  }
  return found;
}

/** The number of a scalar constant. */
export function numberOf(constant: Constant | undefined): number | undefined {
  return constant?.dims.length === 0 ? numbersOf(constant)[0] : undefined;
}
