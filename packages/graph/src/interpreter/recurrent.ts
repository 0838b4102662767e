import { attributesOf } from '../ir/attributes.js';
import { activationsOf } from './activations.js';
import { blocks, filled, type NumArray, permuted } from './array.js';
import type { Call, EvalRow } from './call.js';
import { gru, lstm, type RecurrentCell, rnn, type State, type Weights } from './recurrent-cells.js';

/** Sizes and inputs of a recurrent node. The time axis comes first in either layout: [steps, batch, ...], [direction, batch, ...]. */
interface RecurrentInputs {
  readonly x: NumArray;
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly directions: readonly ('forward' | 'reverse')[];
}

const batchFirst = (call: Call) => attributesOf(call.node, 'GRU', 'LSTM', 'RNN').layout;

function inputsOf(call: Call): RecurrentInputs {
  const x = batchFirst(call) ? permuted(call.input(0), [1, 0, 2]) : call.input(0);
  const direction = attributesOf(call.node, 'GRU', 'LSTM', 'RNN').direction;
  const directions =
    direction === 'bidirectional'
      ? (['forward', 'reverse'] as const)
      : [direction === 'reverse' ? ('reverse' as const) : ('forward' as const)];
  const [steps, batch] = x.dims;
  return { x, steps, batch, hidden: call.input(2).dims[2], directions };
}

/** Splits input `i` by direction into blocks of `size` numbers; zeros if it is omitted. */
function byDirection(call: Call, i: number, { size, directions }: { size: number; directions: number }) {
  const x = call.inputs[i];
  if (x === undefined) return () => new Float64Array(size);
  if (x.data.length !== directions * size) {
    call.refuse('shape-mismatch', `input ${i} of ${directions} directions by ${size} numbers`, `[${x.dims}]`);
  }
  return blocks(x.data, size);
}

function weightsOf(call: Call, cell: RecurrentCell, given: RecurrentInputs): Weights[] {
  const { directions, hidden } = given;
  const names =
    attributesOf(call.node, 'GRU', 'LSTM', 'RNN').activations ?? directions.flatMap(() => cell.activations);
  const activations = activationsOf(call, names);
  const each = cell.activations.length;
  const rows = cell.gates * hidden;
  const input = (i: number, size: number) => byDirection(call, i, { size, directions: directions.length });
  const [w, r, biases, peepholes] = [
    input(1, rows * given.x.dims[2]),
    input(2, rows * hidden),
    input(3, 2 * rows),
    input(7, 3 * hidden),
  ];
  return directions.map((_, d) => {
    const bias = blocks(biases(d), rows);
    return {
      hidden,
      w: w(d),
      r: r(d),
      wb: bias(0),
      rb: bias(1),
      p: peepholes(d),
      activations: activations.slice(d * each, (d + 1) * each),
      clip: attributesOf(call.node, 'GRU', 'LSTM', 'RNN').clip ?? Number.POSITIVE_INFINITY,
      inputForget: call.op === 'LSTM' && attributesOf(call.node, 'LSTM').input_forget,
      linearBeforeReset: call.op === 'GRU' && attributesOf(call.node, 'GRU').linear_before_reset,
    };
  });
}

/** Returns a copy of an initial state, [direction, batch, hidden]; zeros if it is omitted. */
function initial(call: Call, i: number, { directions, batch, hidden, x }: RecurrentInputs): NumArray {
  const given = call.inputs[i];
  if (given === undefined) return filled(x.dtype, [directions.length, batch, hidden]);
  return permuted(given, batchFirst(call) ? [1, 0, 2] : [0, 1, 2]);
}

/**
 * Runs each sequence of the batch by itself. Steps beyond its length give 0 in Y and do not change the final state. The reverse
 * direction starts at the last step of the sequence.
 */
const recurrent =
  (cell: RecurrentCell): EvalRow =>
  (call) => {
    const given = inputsOf(call);
    const { x, steps, batch, hidden, directions } = given;
    const lengths = call.inputs[4]?.data ?? new Float64Array(batch).fill(steps);
    const width = x.dims[2];
    const y = filled(x.dtype, [steps, directions.length, batch, hidden]);
    const [h, c] = [initial(call, 5, given), initial(call, 6, given)];
    weightsOf(call, cell, given).forEach((weights, d) => {
      const step = cell.step(weights);
      for (let b = 0; b < batch; b++) {
        const row = d * batch + b;
        let state: State = { h: blocks(h.data, hidden)(row), c: blocks(c.data, hidden)(row) };
        for (let k = 0; k < lengths[b]; k++) {
          const t = directions[d] === 'reverse' ? lengths[b] - 1 - k : k;
          state = step(blocks(x.data, width)(t * batch + b), state);
          y.data.set(state.h, ((t * directions.length + d) * batch + b) * hidden);
        }
        h.data.set(state.h, row * hidden);
        c.data.set(state.c, row * hidden);
      }
    });
    if (!batchFirst(call)) return [y, h, c];
    return [permuted(y, [2, 0, 1, 3]), permuted(h, [1, 0, 2]), permuted(c, [1, 0, 2])];
  };

export const recurrentRows = {
  GRU: recurrent(gru),
  LSTM: recurrent(lstm),
  RNN: recurrent(rnn),
} satisfies Record<string, EvalRow>;
