import { builderOf } from '../builder/build.js';
import { useCounts } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { type AffineConvs, affineConvs, type ScaleAndShift } from './nchwc-affine.js';
import { type BlockedChannels, blockedAreas, layoutOf, numberOf } from './nchwc-layout.js';

/**
 * Sums, differences and products with a number, such as the 1 - y of a sigmoid's derivative, of values in ONNX Runtime's blocked layout of
 * channels (NCHWc) on the way to convolutions: depthwise convolutions of one element. Neg is one too, and Abs is relu(x) + relu(-x). The
 * layout has sums and products of two tensors only; otherwise ONNX Runtime takes the value out of it, and all that follows. Without this
 * pass the gradient of a network of depthwise convolutions and sigmoids takes 1.4 times as long
 * (`tsx bench/spellings.ts --only Sigmoid`).
 *
 * Values are the same to the last bit where convolutions are computed in float32. A sum or product with what a convolution gives stays
 * where nothing else reads that: ONNX Runtime makes it a part of the convolution.
 */
export function nchwcScalars(graph: Graph): Graph {
  const layout = layoutOf(graph, builderOf(graph).typeOf);
  const remains = blockedAreas(graph.nodes);
  const convs = affineConvs(graph);
  const fused = fusedConvs(graph);
  const nodes = graph.nodes.flatMap((node) => {
    const [name] = node.outputs;
    if (!remains.has(name)) return [node];
    const channels = layout.get(node.inputs[0]);
    if (node.op === 'Abs' && node.domain === '' && channels !== undefined)
      return absolute(node, channels, convs);
    const affine = affineOf(node, graph.constants, layout);
    const stays = affine === undefined || (/Add|Mul/.test(node.op) && fused.has(affine.x));
    return [stays ? node : convs.conv(affine, name)];
  });
  const same = nodes.length === graph.nodes.length && nodes.every((node, i) => node === graph.nodes[i]);
  return same ? graph : { ...graph, nodes, constants: convs.constants };
}

/** relu(x) + relu(-x). */
function absolute(node: Node, channels: number, { conv, fresh }: AffineConvs): readonly Node[] {
  const [x = ''] = node.inputs;
  const negative = conv({ x, channels, by: -1, shift: 0 });
  const spell = (op: string, inputs: readonly string[], output = fresh('part')): Node => {
    return { op, domain: '', name: output, inputs, outputs: [output], attributes: {} };
  };
  const [left, right] = [spell('Relu', [x]), spell('Relu', negative.outputs)];
  return [left, negative, right, spell('Add', [left.name, right.name], node.outputs[0])];
}

/** Values that convolutions give and one node reads. */
function fusedConvs(graph: Graph): ReadonlySet<string> {
  const uses = useCounts(graph);
  const convolved = graph.nodes.flatMap(({ op, outputs }) => (op === 'Conv' ? outputs : []));
  return new Set(convolved.filter((name) => uses.get(name) === 1));
}

/** A sum, difference or product of a blocked value and a number, or its negative. */
function affineOf(
  { op, domain, inputs }: Node,
  constants: Graph['constants'],
  layout: BlockedChannels,
): ScaleAndShift | undefined {
  const at = inputs.findIndex((name) => layout.has(name));
  const x = inputs[at] ?? '';
  const [channels, number] = [layout.get(x), numberOf(constants.get(inputs[1 - at] ?? ''))];
  if (domain !== '' || channels === undefined) return undefined;
  if (op === 'Neg') return { x, channels, by: -1, shift: 0 };
  if (number === undefined || inputs.length !== 2) return undefined;
  if (op === 'Add') return { x, channels, by: 1, shift: number };
  if (op === 'Mul') return { x, channels, by: number, shift: 0 };
  if (op !== 'Sub') return undefined;
  return at === 0 ? { x, channels, by: 1, shift: -number } : { x, channels, by: -1, shift: number };
}
