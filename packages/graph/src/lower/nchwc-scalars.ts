import { builderOf } from '../builder/build.js';
import { useCounts } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { affineConvs, type ScaleAndShift } from './nchwc-affine.js';
import { type BlockedChannels, blockedAreas, layoutOf, numberOf } from './nchwc-layout.js';

/**
 * Sums, differences and products with a number, such as the 1 - y of a sigmoid's derivative, of values in ONNX Runtime's blocked layout of
 * channels (NCHWc) on the way to convolutions: depthwise convolutions of one element. The layout has sums and products of two tensors only;
 * otherwise ONNX Runtime takes the value out of it, and all that follows. Without this pass the gradient of a network of depthwise
 * convolutions and sigmoids takes 1.4 times as long (`tsx bench/spellings.ts --only Sigmoid`).
 *
 * Values are the same to the last bit where convolutions are computed in float32. A sum or product with what a convolution gives stays
 * where nothing else reads that: ONNX Runtime makes it a part of the convolution.
 */
export function nchwcScalars(graph: Graph): Graph {
  const layout = layoutOf(graph, builderOf(graph).typeOf);
  const remains = blockedAreas(graph.nodes);
  const { conv, constants } = affineConvs(graph);
  const fused = fusedConvs(graph);
  const nodes = graph.nodes.map((node) => {
    const affine = affineOf(node, graph.constants, layout);
    const [name] = node.outputs;
    const stays = affine === undefined || !remains.has(name) || (node.op !== 'Sub' && fused.has(affine.x));
    return stays ? node : conv(affine, name);
  });
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes, constants };
}

/** Values that convolutions give and one node reads. */
function fusedConvs(graph: Graph): ReadonlySet<string> {
  const uses = useCounts(graph);
  const convolved = graph.nodes.flatMap(({ op, outputs }) => (op === 'Conv' ? outputs : []));
  return new Set(convolved.filter((name) => uses.get(name) === 1));
}

/** A sum, difference or product of a blocked value and a number. */
function affineOf(
  { op, domain, inputs }: Node,
  constants: Graph['constants'],
  layout: BlockedChannels,
): ScaleAndShift | undefined {
  const at = inputs.findIndex((name) => layout.has(name));
  const x = inputs[at] ?? '';
  const [channels, number] = [layout.get(x), numberOf(constants.get(inputs[1 - at] ?? ''))];
  if (domain !== '' || channels === undefined || number === undefined || inputs.length !== 2)
    return undefined;
  if (op === 'Add') return { x, channels, by: 1, shift: number };
  if (op === 'Mul') return { x, channels, by: number, shift: 0 };
  if (op !== 'Sub') return undefined;
  return at === 0 ? { x, channels, by: 1, shift: -number } : { x, channels, by: -1, shift: number };
}
