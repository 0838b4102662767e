import { attributesOf } from '../attributes.js';
import { attr, type Builder } from '../builder.js';
import { numbersOf } from '../eval/numbers.js';
import { namer, namesIn } from '../names.js';
import { STEEP } from '../rules/calculus.js';
import type { Constant, Graph, Node } from '../types.js';

/** Channels that ONNX Runtime keeps together on processors with AVX-512; others keep 8 or 4. */
const LANES = 16;

/**
 * Masks of rectifiers between convolutions, spelled so that ONNX Runtime computes them where the convolutions are, in its blocked
 * layout of channels (NCHWc). That layout knows convolutions, sums and products, and none of the operators of a mask; so what a mask
 * does to each element becomes a depthwise convolution with kernels of one element, and the step its fused activation. Values stay
 * the same to the last bit where convolutions are computed in float32 (TF32 may lose elements within 0.002 of the 6 of a ReLU6).
 */
export function blockedMasks(graph: Graph, typeOf: Builder['typeOf']): Graph {
  const layout = layoutOf(graph, typeOf);
  const masking = maskingNodes(graph.nodes, layout);
  if (masking.size === 0) return graph;
  const { scale, constants } = scaling(graph, layout);
  const context = { masking, graph, scale };
  const nodes = graph.nodes.flatMap((node) =>
    masking.get(node.outputs[0]) === node ? respelled(node, context) : [node],
  );
  return { ...graph, nodes, constants: new Map([...graph.constants, ...constants]) };
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
    if (channels % LANES === 0 && isBlocked(node, layout, constants)) layout.set(name, channels);
  }
  return layout;
}

/** Operators that leave their first input where it is. */
const UNARY: ReadonlySet<string> = new Set([
  'AveragePool', 'BatchNormalization', 'Clip', 'GlobalAveragePool', 'GlobalMaxPool', 'HardSigmoid', 'Identity', 'MaxPool', 'Relu',
  'Resize', 'Sigmoid', 'Tanh',
]); // biome-ignore format: a list

/** Operators that need all their inputs in blocks. */
const NARY: ReadonlySet<string> = new Set(['Add', 'Concat', 'Mul', 'Sub']);

function isBlocked({ op, inputs, outputs, attributes }: Node, layout: Layout, constants: Graph['constants']) {
  if (op === 'Conv') return takesBlocks(constants.get(inputs[1]), attributes.group?.value ?? 1);
  if (UNARY.has(op)) return outputs.length === 1 && layout.has(inputs[0]);
  return (
    NARY.has(op) && inputs.every((name) => layout.has(name) || numberOf(constants.get(name)) !== undefined)
  );
}

/** Whether a kernel [M, C/g, ...] lets a convolution work on blocks: known, all channels of a group in whole blocks, or few of them. */
function takesBlocks(kernel: Constant | undefined, group: unknown): boolean {
  if (kernel === undefined || typeof group !== 'number') return false;
  const [outputs, inputs] = kernel.dims;
  if (group === 1) return inputs < LANES || inputs % LANES === 0;
  const depthwise = inputs === 1 && outputs === group;
  return depthwise || (inputs % LANES === 0 && (outputs / group) % LANES === 0);
}

/** What masks are computed with, beside steps. */
const ARITHMETIC: ReadonlySet<string> = new Set(['Clip', 'Mul', 'Sub']);

function usersOf(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const users = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.inputs) {
      const known = users.get(name);
      if (known === undefined) users.set(name, [node]);
      else known.push(node);
    }
  }
  return users;
}

const usesIn = (users: ReadonlyMap<string, readonly Node[]>, name: string): readonly Node[] =>
  users.get(name) ?? [];

/** Steps of blocked values whose products go on to convolutions in blocks, and the arithmetic before them. */
function maskingNodes(nodes: readonly Node[], layout: Layout): ReadonlyMap<string, Node> {
  const makers = new Map(nodes.map((node) => [node.outputs[0], node]));
  const masking = new Map<string, Node>();
  const visit = (name: string): void => {
    const node = makers.get(name);
    if (node === undefined || masking.has(name) || !layout.has(name) || !ARITHMETIC.has(node.op)) return;
    masking.set(name, node);
    node.inputs.forEach(visit);
  };
  const users = usersOf(nodes);
  const staysBlocked = ({ outputs: [mask] }: Node): boolean =>
    usesIn(users, mask).every(
      (product) =>
        product.op === 'Mul' &&
        layout.has(product.outputs[0]) &&
        usesIn(users, product.outputs[0]).some(({ op }) => op === 'Conv'),
    );
  for (const node of nodes) {
    if (!isStep(node) || !layout.has(node.inputs[0]) || !staysBlocked(node)) continue;
    masking.set(node.outputs[0], node);
    visit(node.inputs[0]);
  }
  return masking;
}

function isStep(node: Node): boolean {
  if (node.op !== 'HardSigmoid' || node.domain !== '') return false;
  const { float } = attributesOf(node);
  return float('alpha', 0.2) >= STEEP * 0.99 && float('beta', 0.5) === 0;
}

/** A depthwise convolution that multiplies every element of a blocked value by one number. */
type Scale = (x: string, by: number, output?: string) => Node;

function scaling(graph: Graph, layout: Layout) {
  const fresh = namer(namesIn(graph));
  const constants = new Map<string, Constant>();
  const kernels = new Map<string, string>();
  const kernelOf = (channels: number, value: number): string => {
    const key = `${channels}:${value}`;
    const name = kernels.get(key) ?? fresh('scale');
    const data = new Float32Array(channels).fill(value);
    if (!kernels.has(key)) constants.set(name, { dtype: 'float32', dims: [channels, 1, 1, 1], data });
    kernels.set(key, name);
    return name;
  };
  const scale: Scale = (x, by, output = fresh('scaled')) => {
    const channels = layout.get(x) ?? 0;
    const attributes = { group: attr.int(channels), kernel_shape: attr.ints([1, 1]) };
    const inputs = [x, kernelOf(channels, by)];
    return { op: 'Conv', domain: '', name: output, inputs, outputs: [output], attributes };
  };
  return { scale, constants };
}

interface Context {
  readonly masking: ReadonlyMap<string, Node>;
  readonly graph: Graph;
  readonly scale: Scale;
}

/** The nodes that take a node's place. */
function respelled(node: Node, { masking, graph, scale }: Context): readonly Node[] {
  const [x = '', y = ''] = node.inputs;
  const [numberOfX, numberOfY] = [x, y].map((name) => numberOf(graph.constants.get(name)));
  if (node.op === 'Mul' && numberOfY !== undefined) return [scale(x, numberOfY, node.outputs[0])];
  if (node.op === 'Sub' && numberOfX === undefined && numberOfY === undefined) {
    const negative = scale(y, -1);
    return [negative, { ...node, op: 'Add', inputs: [negative.outputs[0], x] }];
  }
  // The sum above is part of its convolution, and takes the step as activation.
  if (node.op !== 'HardSigmoid' || masking.get(x)?.op === 'Sub') return [node];
  const same = scale(x, 1);
  return [same, { ...node, inputs: [same.outputs[0]] }];
}

function numberOf(constant: Constant | undefined): number | undefined {
  return constant?.dims.length === 0 ? numbersOf(constant)[0] : undefined;
}
