import type { GraphBuilder } from '../builder/build.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import type { Op } from '../ir/ops.js';
import type { Node } from '../ir/types.js';
import { BLOCK } from './nchwc-layout.js';
import { phaseConvs, type StridedConv } from './phase-conv.js';
import { type PhaseAxis, phasesOf, type TakePhase } from './stride-phases.js';
import { isSingle, transposedConvOf } from './transposed-conv.js';

/** A value [N, C, H, W] that can be computed phase by phase. */
export interface Phased {
  /** Without a shift. */
  readonly axes: readonly PhaseAxis[];
  /** Emits the phases for axes that may have a shift, in row-major order; undefined for one of zeros. */
  phases(b: MathBuilder, axes: readonly PhaseAxis[]): readonly (string | undefined)[];
  /** Whether some phases are all zeros. */
  readonly sparse: boolean;
  /** Whether phases of a mask are taken, for which the shift of an axis must be its stride less 1. */
  readonly needsShift: boolean;
}

/**
 * A strided ConvTranspose in two dimensions, dense or depthwise, whose channels fill blocks. Undefined for others, and where
 * sizes or the kernel are not known.
 */
export function phasedConv(
  b: GraphBuilder,
  node: Node,
): (Phased & { readonly depthwise: boolean }) | undefined {
  const conv = stridedConvOf(mathBuilder(b), node);
  const output = b.preview(node)[0]?.dims?.slice(2) ?? [];
  if (conv === undefined || !areKnown(output)) return undefined;
  const axes = conv.window.map(({ stride }, i): PhaseAxis => ({ stride, size: output[i], shift: 0 }));
  return {
    axes,
    depthwise: conv.group > 1,
    sparse: conv.window.some(({ kernel, stride }) => kernel < stride),
    needsShift: false,
    phases: (at, shifted) => phaseConvs(at, conv, shifted),
  };
}

function stridedConvOf(b: MathBuilder, node: Node): StridedConv | undefined {
  const transposed = transposedConvOf(b, node);
  if (transposed === undefined || isSingle(b, transposed) || transposed.bias.length > 0) return undefined;
  const { x, kernel, group, window } = transposed;
  const weights = b.constantOf(kernel);
  const sizes = b.dims(x).slice(2);
  const strided = window.length === 2 && window.some(({ stride }) => stride > 1);
  if (!strided || window.some(({ dilation }) => dilation > 1) || !areKnown(sizes)) return undefined;
  if (weights === undefined || weights.dtype !== 'float32') return undefined;
  const [inputs, outputs] = weights.dims;
  const fills = inputs % BLOCK === 0 && (outputs * group) % BLOCK === 0;
  const simple = group === 1 || (inputs === group && outputs === 1);
  return fills && simple
    ? { x, group, window, sizes, weights: weights as StridedConv['weights'] }
    : undefined;
}

const areKnown = (sizes: readonly unknown[]): sizes is readonly number[] =>
  sizes.every((size) => typeof size === 'number');

/** The sum of two values with the same phases. */
export function phasedSum(left: Phased, right: Phased): Phased | undefined {
  if (JSON.stringify(left.axes) !== JSON.stringify(right.axes)) return undefined;
  return {
    axes: left.axes,
    sparse: left.sparse && right.sparse,
    needsShift: left.needsShift || right.needsShift,
    phases: (b, axes) => {
      const others = right.phases(b, axes);
      return left.phases(b, axes).map((phase, i) => {
        const other = others[i];
        return phase === undefined || other === undefined ? (phase ?? other) : b.add(phase, other);
      });
    },
  };
}

/** A value times a mask of the same dims. Undefined where the mask is not computed element by element from float values. */
export function phasedProduct(
  b: GraphBuilder,
  { phased, mask, take }: { readonly phased: Phased; readonly mask: string; readonly take: TakePhase },
): Phased | undefined {
  if (b.dims(mask).length === 0 || !isElementwise(b, mask, b.dims(mask))) return undefined;
  return {
    ...phased,
    needsShift: true,
    phases: (at, axes) =>
      phased.phases(at, axes).map((phase, i) => {
        const takeThis = (x: string) => take(at, x, { axes, phase: phasesOf(axes)[i] });
        return phase && at.mul(phase, phaseOfMask(b, mask, takeThis));
      }),
  };
}

/** Operators of masks. */
const OF_MASKS: ReadonlySet<string> = new Set(['Cast', 'Greater', 'Less', 'Min', 'Sub']);

const isScalar = (b: GraphBuilder, name: string): boolean => b.typeOf(name)?.dims?.length === 0;

function makerOfMask(b: GraphBuilder, name: string): Node | undefined {
  const maker = b.makerOf(name);
  return maker?.domain === '' && OF_MASKS.has(maker.op) ? maker : undefined;
}

/** Whether a value of these dims follows element by element from float32 values of the same dims, and from scalars. */
function isElementwise(b: GraphBuilder, name: string, dims: readonly unknown[]): boolean {
  if (isScalar(b, name)) return true;
  const type = b.typeOf(name);
  if (JSON.stringify(type?.dims) !== JSON.stringify(dims)) return false;
  const maker = makerOfMask(b, name);
  return maker?.inputs.every((input) => isElementwise(b, input, dims)) ?? type?.dtype === 'float32';
}

/** The mask computed from one phase of what it follows from. */
function phaseOfMask(b: GraphBuilder, name: string, take: (x: string) => string): string {
  if (isScalar(b, name)) return name;
  const maker = makerOfMask(b, name);
  if (maker === undefined) return take(name);
  const inputs = maker.inputs.map((input) => phaseOfMask(b, input, take));
  return b.emit(maker.op as Op, inputs, maker.attributes);
}
