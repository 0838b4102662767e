import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom, numbersOf } from '../../ir/constant.js';
import type { Rule, RuleContext } from './rule.js';

/** Its adjoint takes the blocks out of the image again: each element of a block gets the cotangent of where it was added. */
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
  // [N, channels, element, block, element, block, ...], from the last axis so that the axes before keep their numbers.
  const apart = block.reduceRight((image, size, i) => {
    const cells = cellsOf(b, { image: padded, axis: i + 2, kernel: size, ...spacing(step, i) });
    return b.emit('Gather', [image, cells], { axis: attr.int(i + 2) });
  }, padded);
  const elements = block.map((_, i) => 2 + 2 * i);
  return [b.reshapeLike(b.transpose(apart, [0, 1, ...elements, ...elements.map((axis) => axis + 1)]), x)];
};

function spacing({ node }: RuleContext, i: number) {
  const { strides, dilations } = attributesOf(node, 'Col2Im');
  return { stride: strides?.[i] ?? 1, dilation: dilations?.[i] ?? 1 };
}

interface Cells {
  readonly image: string;
  readonly axis: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/** [kernel, blocks]: where along an axis of the image each element of each block is. */
function cellsOf(b: MathBuilder, { image, axis, kernel, stride, dilation }: Cells): string {
  const scalar = (value: number) => b.constant(constantFrom('int64', [], [value]));
  const size = b.squeeze(b.sizes([{ of: image, axis }]), [0]);
  const starts = b.emit('Range', [scalar(0), b.sub(size, (kernel - 1) * dilation), scalar(stride)]);
  const taps = b.ints(Array.from({ length: kernel }, (_, tap) => tap * dilation));
  return b.add(b.unsqueeze(taps, [1]), starts);
}
