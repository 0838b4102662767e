import { attr, type Builder } from '@onnxplain/graph';
import { type ConvOptions, conv, type Layer } from './layers.js';

/** Keeps kernels that are almost constant from being divided by zero. */
const LEAST_VARIANCE = 1e-6;

/**
 * A convolution whose kernels are standardised in each run (Brock et al. 2021, Eq. 1): those of each output channel have mean 0 and
 * variance 2 / (their number of elements), times a factor that is trained and starts at 1. Takes the place of batch normalisation, and
 * once trained, the kernels are constants ({@link foldWeights}).
 */
export function standardisedConv(options: ConvOptions): Layer {
  const { weights, emit } = conv(options);
  const { from, to, side } = options;
  return {
    weights: { ...weights, gain: { dims: [to, 1, 1, 1], deviation: 0 } },
    emit(b, x, nameOf) {
      const kernels = standardised(b, nameOf('weight'), from * side * side);
      const factor = b.emit('Add', [nameOf('gain'), b.scalar(1, nameOf('gain'))]);
      const scaled = b.emit('Mul', [kernels, factor]);
      return emit(b, x, (own) => (own === 'weight' ? scaled : nameOf(own)));
    },
  };
}

function standardised(b: Builder, weight: string, fanIn: number): string {
  const mean = (value: string) => b.emit('ReduceMean', [value, b.ints([1, 2, 3])], { keepdims: attr.int(1) });
  const centred = b.emit('Sub', [weight, mean(weight)]);
  const variance = mean(b.emit('Mul', [centred, centred]));
  const scaled = b.emit('Mul', [
    b.emit('Add', [variance, b.scalar(LEAST_VARIANCE, weight)]),
    b.scalar(fanIn / 2, weight),
  ]);
  return b.emit('Div', [centred, b.emit('Sqrt', [scaled])]);
}
