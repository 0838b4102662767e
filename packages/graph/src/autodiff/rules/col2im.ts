import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom, numbersOf } from '../../ir/constant.js';
import { listOf } from '../../ir/list-of.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * Col2Im adds blocks into an image. Its adjoint (Im2Col) reads the blocks from dy: an element gets the cotangent of the pixel it was added
 * to.
 */
export const col2im: Rule = (b, step, dy) => {
  const [x, , blockShape] = step.inputs;
  const known = b.constantOf(blockShape);
  if (known === undefined)
    return step.refuse(
      'the shape of its blocks is computed in the graph',
      'Export the model with a constant one.',
    );
  const block = Array.from(numbersOf(known));
  const { pads = [...block, ...block].map(() => 0) } = attributesOf(step.node, 'Col2Im');
  const rank = block.length;
  const padded = b.pad(dy, [0, 0, ...pads.slice(0, rank)], [0, 0, ...pads.slice(rank)]);
  // Gather turns each spatial axis into [element, block]. The last axis comes first, so that the axes before it keep their numbers.
  // The result is [N, channels, element, block, element, block, ...].
  const blocks = block.reduceRight((image, size, i) => {
    const positions = blockPositions(b, {
      image: padded,
      axis: i + 2,
      kernel: size,
      ...blockSpacing(step, i),
    });
    return b.emit('Gather', [image, positions], { axis: attr.int(i + 2) });
  }, padded);
  const elements = block.map((_, i) => 2 + 2 * i);
  return [b.reshapeLike(b.transpose(blocks, [0, 1, ...elements, ...elements.map((axis) => axis + 1)]), x)];
};

function blockSpacing({ node }: RuleContext, i: number) {
  const { strides, dilations } = attributesOf(node, 'Col2Im');
  return { stride: strides?.[i] ?? 1, dilation: dilations?.[i] ?? 1 };
}

interface BlockAxis {
  readonly image: string;
  readonly axis: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Returns [kernel, blocks]: the position of each element of each block along an axis of the image. */
function blockPositions(b: MathBuilder, { image, axis, kernel, stride, dilation }: BlockAxis): string {
  const scalar = (value: number) => b.constant(constantFrom('int64', [], [value]));
  const size = b.squeeze(b.sizes([{ of: image, axis }]), [0]);
  const starts = b.emit('Range', [scalar(0), b.sub(size, (kernel - 1) * dilation), scalar(stride)]);
  const taps = b.ints(listOf(kernel, (tap) => tap * dilation));
  return b.add(b.unsqueeze(taps, [1]), starts);
}
