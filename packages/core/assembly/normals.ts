import { exp, log1p } from './host';
import { loadTwo, rotate, scramble, storeTwo, upper } from './lanes';
import { DRAWN, HEIGHTS, LIMITS, ROWS, STATES, WIDTHS, WORDS } from './memory';

/** The start of the tail, as in src/random/ziggurat.ts. */
const TAIL: f64 = 3.6541528853610088;

/**
 * Adds `scale` times a standard normal number to each of `columns` elements of four rows that begin `stride` bytes apart. Each row has
 * its own generator, and gets the numbers of `addNormal` of src/random/stream.ts. The four generators take a step together. Where a
 * number may lie outside the curve, its generator goes on alone.
 */
export function addNormals(columns: i32, stride: usize, scale: f64): void {
  let s0 = v128.load(STATES, 0);
  let s1 = v128.load(STATES, 16);
  let s2 = v128.load(STATES, 32);
  let s3 = v128.load(STATES, 48);
  const scales = f64x2.splat(scale);
  for (let j = 0; j < columns; j++) {
    const words = scramble(s1);
    const shifted = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, shifted);
    s3 = rotate(s3, 11);
    const a = layerOf(i32x4.extract_lane(words, 0));
    const b = layerOf(i32x4.extract_lane(words, 1));
    const c = layerOf(i32x4.extract_lane(words, 2));
    const d = layerOf(i32x4.extract_lane(words, 3));
    const integers = i32x4.shr_s(words, 8);
    let left = f64x2.mul(f64x2.convert_low_i32x4_s(integers), entries(WIDTHS, a, b));
    let right = f64x2.mul(f64x2.convert_low_i32x4_s(upper(integers)), entries(WIDTHS, c, d));
    const insideLeft = f64x2.lt(f64x2.abs(left), entries(LIMITS, a, b));
    const insideRight = f64x2.lt(f64x2.abs(right), entries(LIMITS, c, d));
    if (!i64x2.all_true(v128.and(insideLeft, insideRight))) {
      keep(s0, s1, s2, s3);
      v128.store(WORDS, words);
      for (let g: usize = 0; g < 4; g++) store<f64>(DRAWN + 8 * g, normal(g, load<i32>(WORDS + 4 * g)));
      s0 = v128.load(STATES, 0);
      s1 = v128.load(STATES, 16);
      s2 = v128.load(STATES, 32);
      s3 = v128.load(STATES, 48);
      left = v128.load(DRAWN, 0);
      right = v128.load(DRAWN, 16);
    }
    const at = ROWS + ((<usize>j) << 2);
    addTwo(at, stride, f64x2.mul(scales, left));
    addTwo(at + 2 * stride, stride, f64x2.mul(scales, right));
  }
  keep(s0, s1, s2, s3);
}

/** The layer of a random word: the place of its float64 in a table, in bytes. */
function layerOf(word: i32): usize {
  return (<usize>(word & 255)) << 3;
}

function entries(table: usize, a: usize, b: usize): v128 {
  return v128.load64_lane(table + b, v128.load64_zero(table + a), 1);
}

function addTwo(at: usize, stride: usize, numbers: v128): void {
  storeTwo(at, stride, f64x2.add(loadTwo(at, stride), numbers));
}

function keep(s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(STATES, s0, 0);
  v128.store(STATES, s1, 16);
  v128.store(STATES, s2, 32);
  v128.store(STATES, s3, 48);
}

/** The normal number that generator g gives after it has drawn this word. */
function normal(g: usize, drawn: i32): f64 {
  let word = drawn;
  while (true) {
    const layer = layerOf(word);
    const x = <f64>(word >> 8) * load<f64>(WIDTHS + layer);
    if (Math.abs(x) < load<f64>(LIMITS + layer)) return x;
    if (layer === 0) return x < 0 ? -tail(g) : tail(g);
    const low = load<f64>(HEIGHTS + layer);
    const height = low + uniform(g) * (load<f64>(HEIGHTS + layer + 8) - low);
    if (height < exp(-0.5 * x * x)) return x;
    word = next(g);
  }
}

/** A normal number given that it is above TAIL (Marsaglia 1964). */
function tail(g: usize): f64 {
  let x: f64 = 0;
  let y: f64 = 0;
  do {
    x = -log1p(-uniform(g)) / TAIL;
    y = -log1p(-uniform(g));
  } while (y + y < x * x);
  return TAIL + x;
}

/** Uniform in [0, 1), 53 random bits. */
function uniform(g: usize): f64 {
  const high = next(g) >>> 5;
  const low = next(g) >>> 6;
  return (<f64>high * 67108864.0 + <f64>low) / 9007199254740992.0;
}

/** One step of generator g. */
function next(g: usize): i32 {
  const at = STATES + 4 * g;
  const s0 = load<i32>(at, 0);
  const s1 = load<i32>(at, 16);
  const s2 = load<i32>(at, 32);
  const s3 = load<i32>(at, 48);
  const c = s2 ^ s0;
  const d = s3 ^ s1;
  store<i32>(at, s0 ^ d, 0);
  store<i32>(at, s1 ^ c, 16);
  store<i32>(at, c ^ (s1 << 9), 32);
  store<i32>(at, rotl<i32>(d, 11), 48);
  return rotl<i32>(s1 * 5, 7) * 9;
}
