import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { type KernelAxis, kernelAxes } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import { useCounts } from '../ir/scope.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewriteOps } from '../rewrite/rewrite.js';
import { type FloatingConstant, isFloating, product, productsOf, rearranged } from './blocks.js';
import { lastElements } from './last-elements.js';
import { BLOCK, PHASES, phasesPay } from './phases.js';

/**
 * Pools of 2 x 2 windows, and of the first elements of such windows, that read a convolution of few channels: the convolution computes its
 * phases as channels, and each pool is the maximum of some of these, or one of them where that is enough ({@link lastElements}). They fill
 * the lanes that ONNX Runtime's convolutions compute at once, and whole images are compared instead of single elements. Without this pass
 * the gradient of LeNet takes 1.1 times as long (`tsx bench/spellings.ts --only "MaxPool 2x2"`).
 *
 * Done only where such pools alone read the convolution, its weights are constant, its strides are 1, its sizes are known and even, and
 * `pays` says so. Elements that tie still do: the kernels of all phases add the same products in the same order, and zeros.
 * A number that is not finite makes whole windows NaN, also elements that it does not reach in the plain graph.
 */
export function phasePool(graph: Graph, pays = phasesPay): Graph {
  const pooled = onlyPooled(graph);
  if (pooled.size === 0) return graph;
  const known = new Map<string, readonly string[] | undefined>();
  const phasesOnce = (b: GraphBuilder, x: string): readonly string[] | undefined => {
    if (!known.has(x)) known.set(x, phasesOf(b, b.makerOf(x), pays));
    return known.get(x);
  };
  const last = lastElements(graph);
  const rewritten = rewriteOps(graph, {
    MaxPool: (node, b) => {
      const phases = pooled.has(node.inputs[0]) ? phasesOnce(b, node.inputs[0]) : undefined;
      if (phases === undefined) return undefined;
      const within = phasesWithin(node, phases);
      const compared = last.has(node.outputs[0]) ? within.slice(-1) : within;
      return [compared.length === 1 ? compared[0] : b.emit('Max', compared)];
    },
  });
  return rewritten === graph ? graph : prune(rewritten);
}

/** Values that pools within tiles read, and nothing else. */
function onlyPooled(graph: Graph): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { inputs } of graph.nodes.filter(isWithinTile))
    counts.set(inputs[0], (counts.get(inputs[0]) ?? 0) + 1);
  const uses = useCounts(graph);
  return new Set([...counts].flatMap(([name, count]) => (uses.get(name) === count ? [name] : [])));
}

/** Whether a node is a pool of windows of at most 2 x 2 elements, a stride of 2 and no padding. */
function isWithinTile(node: Node): boolean {
  if (node.op !== 'MaxPool' || node.domain !== '' || node.outputs.length > 1) return false;
  const given = attributesOf(node, 'MaxPool');
  const isPlain = ({ kernel, stride, dilation, before, after }: KernelAxis) =>
    kernel <= BLOCK && stride === BLOCK && dilation === 1 && before === 0 && after === 0;
  const axes = kernelAxes(given.kernel_shape, given);
  return given.auto_pad === 'NOTSET' && axes.length === 2 && axes.every(isPlain);
}

/** Those phases that the window of a pool has. */
function phasesWithin(node: Node, phases: readonly string[]): readonly string[] {
  const [rows, columns] = attributesOf(node, 'MaxPool').kernel_shape;
  return phases.filter((_, at) => Math.floor(at / BLOCK) < rows && at % BLOCK < columns);
}

/** The phases of a convolution, each with its channels. */
function phasesOf(
  b: GraphBuilder,
  node: Node | undefined,
  pays: typeof phasesPay,
): readonly string[] | undefined {
  if (node?.op !== 'Conv' || node.domain !== '' || !isDense(b, node)) return undefined;
  const [x, kernel, bias = ''] = node.inputs;
  const [weights, shift] = [b.constantOf(kernel), bias === '' ? undefined : b.constantOf(bias)];
  if (weights === undefined || !isFloating(weights)) return undefined;
  if (bias !== '' && (shift === undefined || !isFloating(shift))) return undefined;
  const [channels, , ...taps] = weights.dims;
  const phaseTaps = taps.map((size) => size + BLOCK - 1);
  if (!pays({ channels, taps, products: productsOf(channels, product(phaseTaps), BLOCK) })) return undefined;
  const added = shift === undefined || !isFloating(shift) ? [] : [repeated(shift)];
  const constants = [phaseKernel(weights), ...added].map((each) => b.constant(each, `${kernel}/phases`));
  const computed = b.emit('Conv', [x, ...constants], {
    ...node.attributes,
    kernel_shape: attr.ints(phaseTaps),
    strides: attr.ints([BLOCK, BLOCK]),
  });
  const sizes = b.ints(new Array<number>(PHASES).fill(channels));
  return b.emitMany('Split', [computed, sizes], PHASES, { axis: attr.int(1) });
}

/** Whether a convolution has two axes of even size, strides and dilations of 1 and one group. */
function isDense(b: GraphBuilder, node: Node): boolean {
  const given = attributesOf(node, 'Conv');
  const [, , ...sizes] = b.dims(node.outputs[0]);
  const axes = kernelAxes(
    sizes.map(() => 1),
    given,
  );
  const isEven = sizes.every((size) => typeof size === 'number' && size % BLOCK === 0);
  const isPlain = axes.every(({ stride, dilation }) => stride === 1 && dilation === 1);
  return sizes.length === 2 && isEven && isPlain && given.group === 1 && given.auto_pad === 'NOTSET';
}

/** [M, C, K, K] -> [2 2 M, C, K + 1, K + 1]: phase (r, s) reads its taps r rows and s columns later. */
function phaseKernel(weights: FloatingConstant): Constant {
  const [outputs, inputs, ...taps] = weights.dims;
  const dims = [PHASES * outputs, inputs, ...taps.map((size) => size + BLOCK - 1)];
  return rearranged(weights, dims, ([to, from, y, x]) => {
    const phase = Math.floor(to / outputs);
    return [to % outputs, from, y - Math.floor(phase / BLOCK), x - (phase % BLOCK)];
  });
}

/** A bias for each phase. */
const repeated = (bias: FloatingConstant): Constant =>
  rearranged(bias, [PHASES * bias.dims[0]], ([to]) => [to % bias.dims[0]]);
