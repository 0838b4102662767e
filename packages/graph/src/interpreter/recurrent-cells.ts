/** State of a recurrent cell. Only LSTM uses `c`. */
export interface State {
  readonly h: Float64Array;
  readonly c: Float64Array;
}

/** Computes the state after a step. */
export type CellStep = (x: Float64Array, state: State) => State;

/** Weights of one direction. With H hidden units and G gates: w [G·H, inputs], r [G·H, H], biases wb and rb [G·H], peepholes p [3·H]. */
export interface Weights {
  readonly hidden: number;
  readonly w: Float64Array;
  readonly r: Float64Array;
  readonly wb: Float64Array;
  readonly rb: Float64Array;
  readonly p: Float64Array;
  readonly activations: readonly ((x: number) => number)[];
  /** Clips to [-clip, clip] before each activation. */
  readonly clip: number;
  readonly inputForget: boolean;
  readonly linearBeforeReset: boolean;
}

/** A recurrent operator: number of gates, default activations, and its step for given weights. */
export interface RecurrentCell {
  readonly gates: number;
  readonly activations: readonly string[];
  step(weights: Weights): CellStep;
}

/** Returns matrix · x; the matrix is row major with x.length columns. */
function times(matrix: Float64Array, x: Float64Array): Float64Array {
  return Float64Array.from({ length: matrix.length / x.length }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += matrix[row * x.length + i] * x[i];
    return sum;
  });
}

const plus = (...terms: readonly Float64Array[]) =>
  terms[0].map((_, i) => terms.reduce((sum, term) => sum + term[i], 0));
const product = (a: Float64Array, b: Float64Array) => a.map((v, i) => v * b[i]);

/** Returns the H numbers of a gate from a vector of G·H numbers. */
const gateOf = (all: Float64Array, gate: number, hidden: number) =>
  all.subarray(gate * hidden, (gate + 1) * hidden);

/** Returns activation `i` with clipped arguments. */
function activator({ activations, clip }: Weights, i: number) {
  return (x: Float64Array) => x.map((v) => activations[i](Math.max(-clip, Math.min(clip, v))));
}

/** H' = f(W x + R H + b). */
export const rnn: RecurrentCell = {
  gates: 1,
  activations: ['Tanh'],
  step(weights) {
    const { w, r, wb, rb } = weights;
    const f = activator(weights, 0);
    return (x, { h, c }) => ({ h: f(plus(times(w, x), times(r, h), wb, rb)), c });
  },
};

/** Gates z (update), r (reset), h (candidate): H' = (1 - z) h~ + z H. */
export const gru: RecurrentCell = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  step(weights) {
    const { w, r, wb, rb, hidden, linearBeforeReset } = weights;
    const [f, g] = [activator(weights, 0), activator(weights, 1)];
    const part = (all: Float64Array, gate: number) => gateOf(all, gate, hidden);
    const candidateRows = r.subarray(2 * hidden * hidden);
    return (x, { h, c }) => {
      const inputProduct = plus(times(w, x), wb);
      const stateProduct = plus(times(r, h), rb);
      const update = f(plus(part(inputProduct, 0), part(stateProduct, 0)));
      const reset = f(plus(part(inputProduct, 1), part(stateProduct, 1)));
      const recurrent = linearBeforeReset
        ? product(reset, part(stateProduct, 2))
        : plus(times(candidateRows, product(reset, h)), part(rb, 2));
      const candidate = g(plus(part(inputProduct, 2), recurrent));
      return { h: candidate.map((v, i) => (1 - update[i]) * v + update[i] * h[i]), c };
    };
  },
};

/** Gates i, o, f, c with peepholes p = [Pi, Po, Pf]: C' = f C + i c~, H' = o h(C'). */
export const lstm: RecurrentCell = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  step(weights) {
    const { w, r, wb, rb, p, hidden, inputForget } = weights;
    const [f, g, h] = [0, 1, 2].map((i) => activator(weights, i));
    const peephole = (gate: number, cell: Float64Array) => product(gateOf(p, gate, hidden), cell);
    return (x, state) => {
      const all = plus(times(w, x), times(r, state.h), wb, rb);
      const part = (gate: number) => gateOf(all, gate, hidden);
      const input = f(plus(part(0), peephole(0, state.c)));
      const forget = inputForget ? input.map((v) => 1 - v) : f(plus(part(2), peephole(2, state.c)));
      const cell = plus(product(forget, state.c), product(input, g(part(3))));
      const output = f(plus(part(1), peephole(1, cell)));
      return { h: product(output, h(cell)), c: cell };
    };
  },
};
