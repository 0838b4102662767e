import { STEP_SLOPE } from '../autodiff/rules/activation.js';
import { builderOf } from '../builder/build.js';
import { attributesOf } from '../ir/attributes.js';
import type { Graph, Node } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';
import { prune } from '../rewrite/prune.js';
import { type AffineConvs, affineConvs } from './nchwc-affine.js';
import { type BlockedChannels, layoutOf, numberOf } from './nchwc-layout.js';

/**
 * Masks of ReLU6 between convolutions: rewritten so that ONNX Runtime computes them in the blocked layout of channels (NCHWc) that it
 * keeps its convolutions in. That layout has convolutions, sums, products and HardSigmoid, but no minimum and no difference. So depthwise
 * convolutions with kernels of one element compute the minimum, and the step is HardSigmoid as an activation. (The mask of Relu is a single
 * HardSigmoid.) Without this pass the gradient of a network of depthwise convolutions takes 1.29 times as long
 * (`tsx bench/lowering.ts --rounds 15`).
 *
 * Values stay the same to the last bit where convolutions are computed in float32. With TF32, elements within 0.006 of the 6 may be lost.
 */
export function nchwcMasks(graph: Graph): Graph {
  if (!graph.nodes.some(isStep)) return graph;
  const layout = layoutOf(graph, builderOf(graph).typeOf);
  const steps = foldedSteps(graph, layout);
  if (steps.size === 0) return graph;
  const convs = affineConvs(graph);
  const nodes = graph.nodes.flatMap((node) => {
    const fold = steps.get(node.outputs[0]);
    return fold === undefined ? [node] : rewritten(node, fold, convs);
  });
  return prune({ ...graph, nodes, constants: convs.constants });
}

/** min(y, top - y) of a blocked value with so many channels. */
interface Fold {
  readonly y: string;
  readonly top: number;
  readonly channels: number;
}

/** Steps of {@link Fold}s, by name, whose products are blocked too and go on to convolutions in blocks. */
function foldedSteps(graph: Graph, layout: BlockedChannels): ReadonlyMap<string, Fold> {
  const { nodes } = graph;
  const makers = producersOf(nodes);
  const steps = new Map<string, Fold>();
  for (const node of nodes) {
    const fold = isStep(node) ? foldAt(node.inputs[0], { graph, layout, makers }) : undefined;
    if (fold !== undefined) steps.set(node.outputs[0], fold);
  }
  const convolved = new Set(nodes.flatMap(({ op, inputs: [x = ''] }) => (op === 'Conv' ? [x] : [])));
  for (const { op, inputs, outputs } of nodes) {
    const [product] = outputs;
    if (op === 'Mul' && layout.has(product) && convolved.has(product)) continue;
    for (const name of inputs) steps.delete(name);
  }
  return steps;
}

interface Surroundings {
  readonly graph: Graph;
  readonly layout: BlockedChannels;
  readonly makers: ReadonlyMap<string, Node>;
}

function foldAt(name: string, { graph, layout, makers }: Surroundings): Fold | undefined {
  const least = makers.get(name);
  const [y = '', rest = ''] = least?.inputs ?? [];
  const difference = makers.get(rest);
  const top = numberOf(graph.constants.get(difference?.inputs[0] ?? ''));
  const channels = layout.get(name);
  const folds = least?.op === 'Min' && difference?.op === 'Sub' && difference.inputs[1] === y;
  return folds && top !== undefined && channels !== undefined ? { y, top, channels } : undefined;
}

function isStep(node: Node): boolean {
  if (node.op !== 'HardSigmoid' || node.domain !== '') return false;
  const { alpha, beta } = attributesOf(node, 'HardSigmoid');
  return alpha >= STEP_SLOPE * 0.99 && beta === 0;
}

/**
 * The nodes that take a step's place. min(y, t - y) = y - relu(2 y - t), without rounding for y from 0 to t: Relu is the one activation
 * that costs a convolution nothing.
 */
function rewritten(step: Node, { y, top, channels }: Fold, { conv, fresh }: AffineConvs): readonly Node[] {
  const spell = (op: string, inputs: readonly string[]): Node => {
    const name = fresh('masking');
    return { op, domain: '', name, inputs, outputs: [name], attributes: {} };
  };
  const above = conv({ x: y, channels, by: 2, shift: -top });
  const excess = spell('Relu', above.outputs);
  const less = conv({ x: excess.name, channels, by: -1, shift: 0 });
  const least = spell('Add', [less.name, y]);
  return [above, excess, less, least, { ...step, inputs: least.outputs }];
}
