import { attributesOf } from '../ir/attributes.js';
import { activationsOf } from './activations.js';
import { filled, type NumArray, parts, permuted } from './array.js';
import type { Call, EvalRow } from './call.js';
import { gru, lstm, type RecurrentCell, rnn, type State, type Weights } from './recurrent-cells.js';

/** Sizes and inputs of a recurrent node, with time first ([seq, batch, ...], [direction, batch, ...]) whatever its layout. */
interface Run {
  readonly x: NumArray;
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly directions: readonly ('forward' | 'reverse')[];
}

const batchFirst = (call: Call) => attributesOf(call.node, 'GRU', 'LSTM', 'RNN').layout;

function runOf(call: Call): Run {
  const x = batchFirst(call) ? permuted(call.input(0), [1, 0, 2]) : call.input(0);
  const direction = attributesOf(call.node, 'GRU', 'LSTM', 'RNN').direction;
  const directions =
    direction === 'bidirectional'
      ? (['forward', 'reverse'] as const)
      : [direction === 'reverse' ? ('reverse' as const) : ('forward' as const)];
  const [steps, batch] = x.dims;
  return { x, steps, batch, hidden: call.input(2).dims[2], directions };
}

/** Input `i` split by direction: `size` numbers each, zeros when it is omitted. */
function byDirection(call: Call, i: number, { size, directions }: { size: number; directions: number }) {
  const x = call.inputs[i];
  if (x === undefined) return () => new Float64Array(size);
  if (x.data.length !== directions * size) {
    call.refuse('shape-mismatch', `input ${i} of ${directions} directions by ${size} numbers`, `[${x.dims}]`);
  }
  return parts(x.data, size);
}

function weightsOf(call: Call, cell: RecurrentCell, run: Run): Weights[] {
  const { directions, hidden } = run;
  const names =
    attributesOf(call.node, 'GRU', 'LSTM', 'RNN').activations ?? directions.flatMap(() => cell.activations);
  const activations = activationsOf(call, names);
  const each = cell.activations.length;
  const rows = cell.gates * hidden;
  const input = (i: number, size: number) => byDirection(call, i, { size, directions: directions.length });
  const [w, r, biases, peepholes] = [
    input(1, rows * run.x.dims[2]),
    input(2, rows * hidden),
    input(3, 2 * rows),
    input(7, 3 * hidden),
  ];
  return directions.map((_, d) => {
    const bias = parts(biases(d), rows);
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

/** A copy of an initial state input, [direction, batch, hidden], or zeros. */
function initial(call: Call, i: number, { directions, batch, hidden, x }: Run): NumArray {
  const given = call.inputs[i];
  if (given === undefined) return filled(x.dtype, [directions.length, batch, hidden]);
  return permuted(given, batchFirst(call) ? [1, 0, 2] : [0, 1, 2]);
}

/**
 * Every row of the batch by itself: steps beyond its sequence length give 0 in Y and leave the final state alone;
 * a reversed direction starts at the row's last step.
 */
const recurrent =
  (cell: RecurrentCell): EvalRow =>
  (call) => {
    const run = runOf(call);
    const { x, steps, batch, hidden, directions } = run;
    const lengths = call.inputs[4]?.data ?? new Float64Array(batch).fill(steps);
    const width = x.dims[2];
    const y = filled(x.dtype, [steps, directions.length, batch, hidden]);
    const [h, c] = [initial(call, 5, run), initial(call, 6, run)];
    weightsOf(call, cell, run).forEach((weights, d) => {
      const step = cell.step(weights);
      for (let b = 0; b < batch; b++) {
        const row = d * batch + b;
        let state: State = { h: parts(h.data, hidden)(row), c: parts(c.data, hidden)(row) };
        for (let k = 0; k < lengths[b]; k++) {
          const t = directions[d] === 'reverse' ? lengths[b] - 1 - k : k;
          state = step(parts(x.data, width)(t * batch + b), state);
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
