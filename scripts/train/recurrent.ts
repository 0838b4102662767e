import { attr, type Builder, type Constant } from '@onnxplain/graph';
import type { Layer } from './layers.js';

/** The rows of a table of word vectors that ids pick: int64 of [N, words] to float32 of [N, words, width]. The table is not trained. */
export function embedding(table: Constant): Layer {
  return {
    weights: {},
    constants: { table },
    emit: (b, ids, nameOf) => b.emit('Gather', [nameOf('table'), ids]),
  };
}

/**
 * A long short-term memory in both directions (Hochreiter & Schmidhuber 1997, with the gates of ONNX): [N, words, from] to
 * [N, 2 units, words]. All sentences of a batch have the same number of words.
 */
export function bilstm({ from, units }: { readonly from: number; readonly units: number }): Layer {
  const deviation = 1 / Math.sqrt(3 * units);
  return {
    weights: {
      input: { dims: [2, 4 * units, from], deviation },
      recurrent: { dims: [2, 4 * units, units], deviation },
      bias: { dims: [2, 8 * units], deviation: 0 },
    },
    emit(b, x, nameOf) {
      const names = ['input', 'recurrent', 'bias'].map(nameOf);
      const [states] = b.emitMany('LSTM', [transposed(b, x, [1, 0, 2]), ...names], 1, {
        direction: attr.string('bidirectional'),
        hidden_size: attr.int(units),
      });
      // [words, 2, N, units] to [N, 2, units, words].
      return b.emit('Reshape', [transposed(b, states, [2, 1, 3, 0]), b.ints([0, 2 * units, -1])]);
    },
  };
}

const transposed = (b: Builder, x: string, perm: readonly number[]): string =>
  b.emit('Transpose', [x], { perm: attr.ints(perm) });

/** The maximum over the last axis: [N, channels, words] to [N, channels]. */
export const maxOverWords: Layer = {
  weights: {},
  emit: (b, x) => b.emit('ReduceMax', [x, b.ints([-1])], { keepdims: attr.int(0) }),
};
