import { activationsOf } from './activations.js';
import { filled, type NumArray, permuted } from './array.js';
import type { Call, EvalRow } from './call.js';
import { type Cell, gru, lstm, rnn, type State, type Weights } from './cells.js';

/** Sizes and inputs of a recurrent node, with time first ([seq, batch, ...], [direction, batch, ...]) whatever its layout. */
interface Run {
  readonly x: NumArray;
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly directions: readonly ('forward' | 'reverse')[];
}

const batchFirst = (call: Call) => call.flag('layout');

function runOf(call: Call): Run {
  const x = batchFirst(call) ? permuted(call.input(0), [1, 0, 2]) : call.input(0);
  const direction = call.string('direction', 'forward');
  const directions =
    direction === 'bidirectional'
      ? (['forward', 'reverse'] as const)
      : [direction === 'reverse' ? ('reverse' as const) : ('forward' as const)];
  const [steps, batch] = x.dims;
  return { x, steps, batch, hidden: call.input(2).dims[2], directions };
}

/** Part `d` of an optional input whose first axis is the direction, or zeros. */
function directionOf(x: NumArray | undefined, [d, directions]: readonly [number, number], size: number) {
  const length = x === undefined ? size : x.data.length / directions;
  return x === undefined ? new Float64Array(size) : x.data.subarray(d * length, (d + 1) * length);
}

function weightsOf(call: Call, cell: Cell, run: Run): Weights[] {
  const { directions, hidden } = run;
  const names = call.strings('activations') ?? directions.flatMap(() => cell.activations);
  const activations = activationsOf(call, names);
  const each = cell.activations.length;
  return directions.map((_, d) => {
    const part = (i: number, size: number) => directionOf(call.inputs[i], [d, directions.length], size);
    const bias = part(3, 2 * cell.gates * hidden);
    return {
      hidden,
      w: part(1, 0),
      r: part(2, 0),
      wb: bias.subarray(0, cell.gates * hidden),
      rb: bias.subarray(cell.gates * hidden),
      p: part(7, 3 * hidden),
      activations: activations.slice(d * each, (d + 1) * each),
      clip: call.float('clip', Number.POSITIVE_INFINITY),
      inputForget: call.flag('input_forget'),
      linearBeforeReset: call.int('linear_before_reset', 0) !== 0,
    };
  });
}

/** An initial state input, [direction, batch, hidden], or zeros. */
function initial(call: Call, i: number, { directions, batch, hidden, x }: Run): NumArray {
  const given = call.inputs[i];
  if (given === undefined) return filled(x.dtype, [directions.length, batch, hidden]);
  return batchFirst(call) ? permuted(given, [1, 0, 2]) : given;
}

/**
 * Every row of the batch by itself: steps beyond its sequence length give 0 in Y and leave the final state alone;
 * a reversed direction starts at the row's last step.
 */
const recurrent =
  (cell: Cell): EvalRow =>
  (call) => {
    const run = runOf(call);
    const { x, steps, batch, hidden, directions } = run;
    const lengths = call.inputs[4]?.data ?? new Float64Array(batch).fill(steps);
    const width = x.dims[2];
    const y = filled(x.dtype, [steps, directions.length, batch, hidden]);
    const [h, c] = [5, 6].map((i) => ({
      ...initial(call, i, run),
      data: initial(call, i, run).data.slice(),
    }));
    weightsOf(call, cell, run).forEach((weights, d) => {
      const step = cell.step(weights);
      for (let b = 0; b < batch; b++) {
        const row = (d * batch + b) * hidden;
        let state: State = { h: h.data.slice(row, row + hidden), c: c.data.slice(row, row + hidden) };
        for (let k = 0; k < lengths[b]; k++) {
          const t = directions[d] === 'reverse' ? lengths[b] - 1 - k : k;
          state = step(x.data.subarray((t * batch + b) * width, (t * batch + b + 1) * width), state);
          y.data.set(state.h, ((t * directions.length + d) * batch + b) * hidden);
        }
        h.data.set(state.h, row);
        c.data.set(state.c, row);
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
