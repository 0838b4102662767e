import { attr } from '../../builder/builder.js';
import { dft } from '../../builder/math/dft.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { appendChanged, below, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/** Before opset 20, the axis was an attribute. */
const dftWithAxis: OpRewrite = (node, b) =>
  appendChanged(node, b, { attributes: { axis: attr.int(attributesOf(node, 'DFT-17').axis) } });

/** STFT: frames of the signal, each multiplied by the window and transformed. */
const shortTimeFourier: OpRewrite = (node, graph) => {
  const [signal = '', step = '', window = '', given = ''] = node.inputs;
  const rank = graph.typeOf(signal)?.dims?.length;
  if (rank === undefined) return undefined;
  const b = mathBuilder(graph);
  const x = rank === 2 ? b.unsqueeze(signal, [2]) : signal;
  const single = (name: string) => b.cast(b.emit('Reshape', [name, b.ints([])]), 'int64');
  const size = (name: string, axis: number) => b.squeeze(b.sizes([{ of: name, axis }]), [0]);
  const length = given !== '' ? single(given) : window !== '' ? size(window, 0) : size(x, 1);
  const frames = b.emit('Gather', [x, frameIndices(b, { total: size(x, 1), length, step: single(step) })], {
    axis: attr.int(1),
  });
  const windowed = window === '' ? frames : b.mul(frames, b.unsqueeze(window, [1]));
  const { onesided: oneSided } = attributesOf(node, 'STFT');
  return [dft(b, windowed, { axis: 2, length: '', oneSided })];
};

interface Frames {
  readonly total: string;
  readonly length: string;
  readonly step: string;
}

/** Emits [frames, length]: the indices of the signal's elements in each frame. */
function frameIndices(b: MathBuilder, { total, length, step }: Frames): string {
  const [zero, one] = [0, 1].map((value) => b.constant(constantFrom('int64', [], [value])));
  const starts = b.emit('Range', [zero, b.add(b.sub(total, length), one), step]);
  return b.add(b.unsqueeze(starts, [1]), b.emit('Range', [zero, length, one]));
}

/** Rewrites of signal operators. */
export const signals: OpRewrites = { DFT: below(20, dftWithAxis), STFT: shortTimeFourier };
