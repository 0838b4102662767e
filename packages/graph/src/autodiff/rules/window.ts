import { autoPadOf, type KernelAxis, kernelAxes, WINDOWED } from '../../infer/window.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Dim, Dims, Node } from '../../ir/types.js';
import type { RuleContext } from './rule.js';

/** The sliding window of a node, one entry per spatial axis. Refuses windows whose sizes or padding are not known. */
export function windowOf(step: RuleContext, kernel: Dims): readonly KernelAxis[] {
  if (isPaddingUnknown(step.node)) {
    step.refuse('its padding depends on a size that is not known', 'Fix the input size of the model.');
  }
  const sizes = kernel.map((size) =>
    typeof size === 'number'
      ? size
      : step.refuse('its kernel size is not known', 'Export the model with a constant kernel.'),
  );
  return kernelAxes(sizes, attributesOf(step.node, ...WINDOWED));
}

/** The canonical form writes the padding out wherever its sizes are numbers. */
const isPaddingUnknown = (node: Node): boolean =>
  autoPadOf(node) !== 'NOTSET' ||
  (node.op === 'ConvTranspose' && attributesOf(node, 'ConvTranspose').output_shape !== undefined);

/** How a transposed window must be padded so that it ends where the forward one began. */
export interface Fit {
  readonly pads: readonly number[];
  readonly outputPadding: readonly number[];
  /** The result may be longer than the forward input, whose size is not known here. */
  readonly crop: boolean;
}

/**
 * A transposed convolution over `output` windows covers (output - 1) stride + extent - before - after elements. What the forward
 * input had beyond that is output padding; what it had less (windows that overhang in ceil mode) is padding.
 */
export function transposedFit(window: readonly KernelAxis[], input: Dims, output: Dims): Fit {
  const rests = window.map((axis, i) => rest(axis, input[i], output[i]));
  const symbolic = (i: number) => rests[i] === undefined;
  return {
    pads: [
      ...window.map((axis) => axis.before),
      ...window.map((axis, i) => axis.after + Math.max(0, -(rests[i] ?? 0))),
    ],
    outputPadding: window.map((axis, i) => (symbolic(i) ? axis.stride - 1 : Math.max(0, rests[i] ?? 0))),
    crop: window.some((_, i) => symbolic(i)),
  };
}

function rest(axis: KernelAxis, input: Dim | undefined, output: Dim | undefined): number | undefined {
  if (axis.stride === 1) return 0;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  return input - ((output - 1) * axis.stride + axis.extent - axis.before - axis.after);
}

/** 'pads' as ONNX lists them: all beginnings, then all ends. */
export const padsOf = (window: readonly KernelAxis[]): readonly number[] => [
  ...window.map((axis) => axis.before),
  ...window.map((axis) => axis.after),
];
