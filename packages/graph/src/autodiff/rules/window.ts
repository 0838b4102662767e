import { autoPadOf, type KernelAxis, kernelAxes, WINDOWED } from '../../infer/window.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Dim, Dims, Node } from '../../ir/types.js';
import type { RuleContext } from './rule.js';

/** Returns the sliding window of a node, one entry for each spatial axis. Refuses a node whose kernel size or padding is not known. */
export function windowOf(step: RuleContext, kernel: Dims): readonly KernelAxis[] {
  if (isPaddingUnknown(step.node)) {
    step.refuse(
      'its padding depends on a size that is not known',
      'Give the inputs their sizes: --shape NAME=SIZES, in a program the option shapes of open.',
    );
  }
  const sizes = kernel.map((size) =>
    typeof size === 'number'
      ? size
      : step.refuse('its kernel size is not known', 'Export the model with a constant kernel.'),
  );
  return kernelAxes(sizes, attributesOf(step.node, ...WINDOWED));
}

/** Whether the padding is not known: the canonical form replaces auto_pad and output_shape where the sizes are known. */
const isPaddingUnknown = (node: Node): boolean =>
  autoPadOf(node) !== 'NOTSET' ||
  (node.op === 'ConvTranspose' && attributesOf(node, 'ConvTranspose').output_shape !== undefined);

/** Padding of a transposed convolution that gives the size of the forward input. */
export interface TransposedPadding {
  readonly pads: readonly number[];
  readonly outputPadding: readonly number[];
  /** Whether the result must be cropped when the graph runs, because a size is not known. */
  readonly crop: boolean;
}

/**
 * A transposed convolution of `output` windows gives (output - 1) stride + extent - before - after elements. If the forward input has more,
 * the difference is output padding; if it has fewer (windows that extend beyond it in ceil mode), the difference is padding.
 */
export function transposedPadding(
  window: readonly KernelAxis[],
  input: Dims,
  output: Dims,
): TransposedPadding {
  const surpluses = window.map((axis, i) => surplus(axis, input[i], output[i]));
  const symbolic = (i: number) => surpluses[i] === undefined;
  return {
    pads: [
      ...window.map((axis) => axis.before),
      ...window.map((axis, i) => axis.after + Math.max(0, -(surpluses[i] ?? 0))),
    ],
    outputPadding: window.map((axis, i) => (symbolic(i) ? axis.stride - 1 : Math.max(0, surpluses[i] ?? 0))),
    crop: window.some((_, i) => symbolic(i)),
  };
}

/** Number of forward input elements beyond the last window; undefined if a size is not known. */
function surplus(axis: KernelAxis, input: Dim | undefined, output: Dim | undefined): number | undefined {
  if (axis.stride === 1) return 0;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  return input - ((output - 1) * axis.stride + axis.extent - axis.before - axis.after);
}

/** Returns `pads` in the order of ONNX: the beginnings of all axes, then the ends. */
export const padsOf = (window: readonly KernelAxis[]): readonly number[] => [
  ...window.map((axis) => axis.before),
  ...window.map((axis) => axis.after),
];
