import { fail } from '../error.js';
import { fold, type Key } from './key.js';
import { threefry2x32 } from './threefry.js';
import { density, heights, TAIL, underCurve, widths } from './ziggurat.js';

/** A sequential generator. Two streams of one key give the same numbers. It is cheap to make, so every draw has its own. */
export interface Stream {
  /** 32 random bits, 0 to 2^32 - 1. */
  uint32(): number;
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number;
  /**
   * Standard normal, on a grid of about 2^-22 (24 random bits within a layer of the ziggurat). The last bits may differ
   * between JavaScript engines (Math.exp, Math.log), never within one.
   */
  normal(): number;
  /** Whole number uniform in 0..n-1, without modulo bias; n from 1 to 2^32. */
  below(n: number): number;
  /** Standard normals into out[from..to), by default all of it: the same numbers as `normal` one by one. */
  fillNormal(out: Float32Array | Float64Array, from?: number, to?: number): void;
  /** Adds `scale` times standard normals to all of `out`: z from `normal` one by one, out = out + scale·z. */
  addNormal(out: Float32Array | Float64Array, scale: number): void;
  /** Uniform numbers in [low, high) into all of `out`; rounding to float32 may give `high` itself. */
  fillUniform(out: Float32Array | Float64Array, low: number, high: number): void;
}

// Loops read constants of their own module faster than imported ones, which V8 looks up again at each step.
const limits = underCurve;
const scales = widths;

/** Counters of seeding lie outside those of `fold`. */
const SEED = 0xffff_0002;
const FIRST: Key = { hi: SEED, lo: 0 };
const SECOND: Key = { hi: SEED, lo: 1 };

/**
 * The generator of a key: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators",
 * ACM TOMS 47, 2021) seeded by two Threefry blocks. Draw i of anything uses `stream(fold(key, i))`.
 */
export function stream(key: Key): Stream {
  const state = new Int32Array(4);
  seed(state, key);
  return streamFrom(state);
}

/**
 * Returns a function that gives the stream of `fold(key, i)`. It is one object that starts again at each call, for many draws of which each
 * is finished before the next one.
 */
export function streamsOf(key: Key): (i: number) => Stream {
  const state = new Int32Array(4);
  const one = streamFrom(state);
  return (i) => {
    seed(state, fold(key, i));
    return one;
  };
}

/** The first states of the streams of `fold(key, i)` for i from..to, four words each. */
export function statesOf(key: Key, from: number, to: number): Int32Array {
  const states = new Int32Array(4 * (to - from));
  for (let i = from; i < to; i++) seed(states.subarray(4 * (i - from), 4 * (i - from + 1)), fold(key, i));
  return states;
}

function seed(state: Int32Array, key: Key): void {
  const a = threefry2x32(key, FIRST);
  const b = threefry2x32(key, SECOND);
  state[0] = a.hi;
  state[1] = a.lo;
  state[2] = b.hi;
  state[3] = b.lo;
}

/** A stream that starts from a state of four words, not all zero, and advances it in place. */
export function streamFrom(state: Int32Array): Stream {
  return {
    uint32: () => next(state) >>> 0,
    uniform: () => uniform(state),
    normal: () => normal(state),
    below: (n) => below(state, n),
    fillNormal: (out, from = 0, to = out.length) => addNormal(state, out.subarray(from, to).fill(0), 1),
    addNormal: (out, scale) => addNormal(state, out, scale),
    fillUniform: (out, low, high) => fillUniform(state, out, { low, width: high - low }),
  };
}

/** The output of a state whose second word is s1. V8 looks up a function that is declared again at each step of a loop, a constant not. */
const scramble = (s1: number): number => {
  const product = Math.imul(s1, 5);
  return Math.imul((product << 7) | (product >>> 25), 9);
};

/** One step of xoshiro128**, as a signed 32-bit integer. */
function next(state: Int32Array): number {
  const s0 = state[0];
  const s1 = state[1];
  const s2 = state[2];
  const s3 = state[3];
  const c = s2 ^ s0;
  const d = s3 ^ s1;
  state[0] = s0 ^ d;
  state[1] = s1 ^ c;
  state[2] = c ^ (s1 << 9);
  state[3] = (d << 11) | (d >>> 21);
  return scramble(s1);
}

function uniform(state: Int32Array): number {
  const high = next(state) >>> 5;
  const low = next(state) >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** Two steps of the generator for each number. The loop calls no function that has the state, so that it stays in registers. */
function fillUniform(
  state: Int32Array,
  out: Float32Array | Float64Array,
  { low, width }: { readonly low: number; readonly width: number },
): void {
  let s0 = state[0];
  let s1 = state[1];
  let s2 = state[2];
  let s3 = state[3];
  const n = out.length;
  for (let i = 0; i < n; i++) {
    const high = scramble(s1) >>> 5;
    let shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    const rest = scramble(s1) >>> 6;
    shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    out[i] = low + width * (high * 2 ** -27 + rest * 2 ** -53);
  }
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
}

function below(state: Int32Array, n: number): number {
  if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
    fail({ code: 'option-value', where: 'below', expected: 'a whole number from 1 to 2^32', got: String(n) });
  }
  for (;;) {
    const bits = next(state) >>> 0;
    // Most draws are accepted without the exact limit, which takes a division. Both operands are unsigned integers, not floats.
    if (bits < 2 ** 32 - n || bits < 2 ** 32 - (2 ** 32 % n)) return n === 2 ** 32 ? bits : bits % (n >>> 0);
  }
}

function normal(state: Int32Array): number {
  for (;;) {
    const bits = next(state);
    const layer = bits & 255;
    const x = (bits >> 8) * scales[layer];
    if (Math.abs(x) < limits[layer]) return x;
    const accepted = nearEdge(state, layer, x);
    if (accepted !== undefined) return accepted;
  }
}

/** Decides the 1.2 % of draws that may lie outside the curve. Returns the number, or undefined when it is rejected. */
function nearEdge(state: Int32Array, layer: number, x: number): number | undefined {
  if (layer === 0) return x < 0 ? -tail(state) : tail(state);
  const height = heights[layer] + uniform(state) * (heights[layer + 1] - heights[layer]);
  return height < density(x) ? x : undefined;
}

/** A normal number given that it is above TAIL (Marsaglia 1964). */
function tail(state: Int32Array): number {
  for (;;) {
    const x = -Math.log1p(-uniform(state)) / TAIL;
    const y = -Math.log1p(-uniform(state));
    if (y + y >= x * x) return TAIL + x;
  }
}

function addNormal(state: Int32Array, out: Float32Array | Float64Array, scale: number): void {
  for (let i = addInside(state, out, { scale, from: 0 }); i < out.length; ) {
    out[i] += scale * normal(state);
    i = addInside(state, out, { scale, from: i + 1 });
  }
}

/**
 * Adds to out[from..] up to the first draw that may lie outside the curve, and returns its index; `normal` makes that draw. The loop calls
 * no function, so that the state stays in registers.
 */
function addInside(
  state: Int32Array,
  out: Float32Array | Float64Array,
  { scale, from }: { readonly scale: number; readonly from: number },
): number {
  let s0 = state[0];
  let s1 = state[1];
  let s2 = state[2];
  let s3 = state[3];
  const n = out.length;
  let i = from;
  for (; i < n; i++) {
    const bits = scramble(s1);
    const layer = bits & 255;
    const x = (bits >> 8) * scales[layer];
    if (!(Math.abs(x) < limits[layer])) break;
    out[i] += scale * x;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
  }
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
  return i;
}
