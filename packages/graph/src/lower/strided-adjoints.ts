import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { useCounts } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { rewriteOps } from '../rewrite/rewrite.js';
import { adjointKernel } from './adjoint-kernel.js';
import { type Phased, phasedConv, phasedProduct, phasedSum } from './phased.js';
import { interleaved, type PhaseAxis, phaseTaker, type TakePhase } from './stride-phases.js';
import { type TransposedConv, transposedConvOf } from './transposed-conv.js';

/**
 * Strided ConvTranspose in two dimensions whose channels fill blocks of 16: convolutions of stride 1, one for each phase of the output (the
 * elements whose indices leave the same remainders by the strides), with the taps that reach it. They work in ONNX Runtime's blocked
 * layout, which has no ConvTranspose. The phases are put together with the channels last.
 *
 * - A dense one is put together at once. A sum of two (the branches of a residual block) is added phase by phase first.
 * - A depthwise one is cheaper with zeros between the elements (`conv-transpose`), unless a mask and then a pointwise convolution to at
 *   most half the channels follow, as in inverted residual blocks: those work on the phases, and fewer channels are put together.
 *
 * Without this pass the gradient of inverted residual blocks takes 1.07 to 1.28 times as long (`tsx bench/spellings.ts --only inverted`).
 */
export function stridedAdjoints(graph: Graph, pays: Context['pays'] = isLarge): Graph {
  const uses = useCounts(graph);
  const known = new Map<string, Phased>();
  const context: Context = {
    pays,
    take: phaseTaker(),
    phasedOf: (name = '') => (uses.get(name) === 1 ? known.get(name) : undefined),
    keep: ({ outputs: [name] }, phased) => {
      if (phased !== undefined) known.set(name, phased);
      return phased;
    },
  };
  return rewriteOps(graph, {
    ConvTranspose: (node, b) => pointwise(b, node, context) ?? strided(b, node, context),
    Add: (node, b) => sum(b, node, context),
    Mul: (node, b) => {
      masked(b, node, context);
      return undefined;
    },
  });
}

/** Least number of elements of an image for which masks and pointwise convolutions are computed phase by phase. */
const LARGE = 24 * 24;

const isLarge = (axes: readonly PhaseAxis[]): boolean =>
  axes.reduce((elements, { size }) => elements * size, 1) >= LARGE;

interface Context {
  /** Whether a mask and a pointwise convolution on an image with these axes are computed phase by phase. */
  pays(axes: readonly PhaseAxis[]): boolean;
  readonly take: TakePhase;
  /** What is known of a value that is read once. */
  phasedOf(name: string | undefined): Phased | undefined;
  keep(node: Node, phased: Phased | undefined): Phased | undefined;
}

function strided(b: GraphBuilder, node: Node, { keep }: Context): readonly string[] | undefined {
  const phased = phasedConv(b, node);
  keep(node, phased);
  return phased === undefined || phased.depthwise ? undefined : whole(b, phased);
}

function sum(b: GraphBuilder, node: Node, { phasedOf, keep }: Context): readonly string[] | undefined {
  const [left, right] = node.inputs.map(phasedOf);
  const phased = keep(node, left && right && phasedSum(left, right));
  return phased && whole(b, phased);
}

/** A value put together from its phases without a shift; undefined where some are all zeros, or that needs a shift. */
function whole(b: GraphBuilder, { axes, sparse, needsShift, phases }: Phased): readonly string[] | undefined {
  const math = mathBuilder(b);
  return sparse || needsShift ? undefined : [interleaved(math, complete(phases(math, axes)), axes)];
}

const complete = (phases: readonly (string | undefined)[]): readonly string[] =>
  phases.filter((phase) => phase !== undefined);

function masked(b: GraphBuilder, node: Node, { phasedOf, keep, take }: Context): void {
  const [x, y] = node.inputs;
  const phased = phasedOf(x) ?? phasedOf(y);
  const mask = phasedOf(x) === undefined ? x : y;
  const sized = JSON.stringify(b.dims(x)) === JSON.stringify(b.dims(y));
  keep(node, phased && sized ? phasedProduct(b, { phased, mask, take }) : undefined);
}

/** A pointwise convolution of what is known by its phases, to fewer channels. */
function pointwise(b: GraphBuilder, node: Node, { phasedOf, pays }: Context): readonly string[] | undefined {
  const phased = phasedOf(node.inputs[0]);
  if (phased === undefined || phased.sparse || !pays(phased.axes)) return undefined;
  const math = mathBuilder(b);
  const transposed = transposedConvOf(math, node);
  const axes = phased.axes.map((axis) => ({ ...axis, shift: axis.stride - 1 }));
  if (transposed === undefined || !isNarrowing(math, transposed)) return undefined;
  const kernel = adjointKernel(math, transposed.kernel, 1);
  const parts = complete(phased.phases(math, axes)).map((phase) =>
    b.emit('Conv', [phase, kernel], { kernel_shape: attr.ints([1, 1]) }),
  );
  return [interleaved(math, parts, axes)];
}

function isNarrowing(b: MathBuilder, { kernel, group, bias, window }: TransposedConv): boolean {
  const [inputs, outputs] = b.dims(kernel).map(Number);
  const plain = window.every(
    (axis) => axis.kernel * axis.stride === 1 && axis.before + axis.after + axis.outputPadding === 0,
  );
  return plain && group === 1 && bias.length === 0 && 2 * outputs <= inputs;
}
