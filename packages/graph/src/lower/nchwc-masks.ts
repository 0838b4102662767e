import { STEP_SLOPE } from '../autodiff/rules/activation.js';
import { builderOf } from '../builder/build.js';
import { attr, type Builder } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import { numbersOf } from '../ir/constant.js';
import { namer, namesIn } from '../ir/names.js';
import type { Attributes, Constant, Graph, Node } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';
import { prune } from '../rewrite/prune.js';

/** Channels that ONNX Runtime keeps together on processors with AVX-512; others keep 8 or 4. */
const BLOCK = 16;

/** It fills up blocks whose channels are a multiple of this. */
const ALIGNED = 4;

/**
 * Masks of rectifiers between convolutions: rewritten so that ONNX Runtime computes them in the blocked layout of channels (NCHWc) that it
 * keeps its convolutions in. That layout has convolutions, sums and products, and none of the operators of a mask. So a depthwise
 * convolution with kernels of one element does what the mask does to each element, with HardSigmoid as its fused activation. Without this
 * pass the gradient of a network of depthwise convolutions takes 1.25 times as long (`tsx bench/lowering.ts --rounds 25`).
 *
 * Values stay the same to the last bit where convolutions are computed in float32. With TF32, elements within 0.006 of the 6 of a ReLU6
 * may be lost.
 */
export function nchwcMasks(graph: Graph): Graph {
  if (!graph.nodes.some(isStep)) return graph;
  const layout = layoutOf(graph, builderOf(graph).typeOf);
  if (layout.size === 0) return graph;
  const masks = masksOf(graph.nodes, layout);
  if (masks.size === 0) return graph;
  const makers = producersOf(graph.nodes);
  const context = { graph, layout, makers, speller: speller(graph) };
  const nodes = graph.nodes.flatMap((node) =>
    masks.has(node.outputs[0]) ? rewrittenStep(node, context) : [node],
  );
  return prune({ ...graph, nodes, constants: new Map([...graph.constants, ...context.speller.constants]) });
}

/** Number of channels of the values that ONNX Runtime has in blocks. */
type Layout = ReadonlyMap<string, number>;

function layoutOf({ nodes, constants }: Graph, typeOf: Builder['typeOf']): Layout {
  const layout = new Map<string, number>();
  for (const node of nodes) {
    const [name] = node.outputs;
    const type = typeOf(name);
    const channels = type?.dims?.[1];
    if (type?.dtype !== 'float32' || type.dims?.length !== 4 || typeof channels !== 'number') continue;
    if (channels % ALIGNED === 0 && isBlocked(node, layout, constants)) layout.set(name, channels);
  }
  return layout;
}

/** Operators that leave their first input where it is. */
const UNARY: ReadonlySet<string> = new Set([
  'AveragePool', 'BatchNormalization', 'Clip', 'GlobalAveragePool', 'GlobalMaxPool', 'HardSigmoid', 'Identity', 'MaxPool', 'Relu',
  'Resize', 'Sigmoid', 'Tanh',
]); // biome-ignore format: a list

/** Operators that need all their inputs in blocks. */
const NARY: ReadonlySet<string> = new Set(['Add', 'Min', 'Mul', 'Sub']);

function isBlocked({ op, inputs, outputs, attributes }: Node, layout: Layout, constants: Graph['constants']) {
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

/** Steps of blocked values, by name, whose products are blocked too and go on to convolutions in blocks. */
function masksOf(nodes: readonly Node[], layout: Layout): ReadonlySet<string> {
  const makers = producersOf(nodes);
  const steps = nodes.filter(
    (node) => isStep(node) && layout.has(node.inputs[0]) && !isDone(makers, node.inputs[0]),
  );
  const masks = new Set(steps.map(({ outputs: [mask] }) => mask));
  const convolved = new Set(nodes.flatMap(({ op, inputs: [x = ''] }) => (op === 'Conv' ? [x] : [])));
  for (const { op, inputs, outputs } of nodes) {
    const [product] = outputs;
    if (op === 'Mul' && layout.has(product) && convolved.has(product)) continue;
    for (const name of inputs) masks.delete(name);
  }
  return masks;
}

/** Whether this pass has already been here: the step reads a depthwise convolution of one element, or a sum that begins with one. */
function isDone(makers: ReadonlyMap<string, Node>, name: string): boolean {
  const maker = makers.get(name);
  const { op, attributes } = (maker?.op === 'Add' ? makers.get(maker.inputs[0]) : maker) ?? {};
  return (
    op === 'Conv' &&
    Number(attributes?.group?.value ?? 1) > 1 &&
    String(attributes?.kernel_shape?.value) === '1,1'
  );
}

function isStep(node: Node): boolean {
  if (node.op !== 'HardSigmoid' || node.domain !== '') return false;
  const { alpha, beta } = attributesOf(node, 'HardSigmoid');
  return alpha >= STEP_SLOPE * 0.99 && beta === 0;
}

/** Every element of a blocked value times `by`, plus `shift`. */
interface Affine {
  readonly x: string;
  readonly channels: number;
  readonly by: number;
  readonly shift?: number;
}

/** Makes nodes with new names, and depthwise convolutions of kernels that many share. */
function speller(graph: Graph) {
  const fresh = namer(namesIn(graph));
  const constants = new Map<string, Constant>();
  const names = new Map<string, string>();
  const filled = (dims: readonly number[], value: number): string => {
    const key = `${dims}:${value}`;
    const name = names.get(key) ?? fresh('filled');
    names.set(key, name);
    constants.set(name, { dtype: 'float32', dims, data: new Float32Array(dims[0]).fill(value) });
    return name;
  };
  const spell = (op: string, inputs: readonly string[], attributes: Attributes = {}): Node => {
    const name = fresh('masking');
    return { op, domain: '', name, inputs, outputs: [name], attributes };
  };
  const affine = ({ x, channels, by, shift = 0 }: Affine): Node => {
    const bias = shift === 0 ? [] : [filled([channels], shift)];
    return spell('Conv', [x, filled([channels, 1, 1, 1], by), ...bias], {
      group: attr.int(channels),
      kernel_shape: attr.ints([1, 1]),
    });
  };
  return { spell, affine, constants };
}

interface Context {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly makers: ReadonlyMap<string, Node>;
  readonly speller: ReturnType<typeof speller>;
}

/**
 * The nodes that take a step's place. min(y, t - y) = y - relu(2 y - t), without rounding for y from 0 to t: Relu is the one activation
 * that costs a convolution nothing.
 */
function rewrittenStep(step: Node, context: Context): readonly Node[] {
  const { spell, affine } = context.speller;
  const [x = ''] = step.inputs;
  const channels = context.layout.get(x) ?? 0;
  const fold = foldAt(x, context);
  if (fold === undefined) {
    const same = affine({ x, channels, by: 1 });
    return [same, { ...step, inputs: same.outputs }];
  }
  const above = affine({ x: fold.y, channels, by: 2, shift: -fold.top });
  const excess = spell('Relu', above.outputs);
  const less = affine({ x: excess.name, channels, by: -1 });
  const least = spell('Add', [less.name, fold.y]);
  return [above, excess, less, least, { ...step, inputs: least.outputs }];
}

/** min(y, top - y). */
function foldAt(name: string, { graph, makers }: Context): { y: string; top: number } | undefined {
  const least = makers.get(name);
  const [y = '', rest = ''] = least?.inputs ?? [];
  const difference = makers.get(rest);
  const top = numberOf(graph.constants.get(difference?.inputs[0] ?? ''));
  const folds = least?.op === 'Min' && difference?.op === 'Sub' && difference.inputs[1] === y;
  return folds && top !== undefined ? { y, top } : undefined;
}

function numberOf(constant: Constant | undefined): number | undefined {
  return constant?.dims.length === 0 ? numbersOf(constant)[0] : undefined;
}
