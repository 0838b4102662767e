import { once } from '../once.js';
import { heights, underCurve, widths } from '../random/ziggurat.js';
import { binary } from './binary.js';

/** What packages/core/assembly exports: loops over four rows of float32, with their places in memory as numbers of bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly COLUMNS: Address;
  readonly FIRST: Address;
  readonly HEIGHTS: Address;
  readonly LIMITS: Address;
  readonly ROWS: Address;
  readonly SECOND: Address;
  readonly STATES: Address;
  readonly TOTALS: Address;
  readonly WIDTHS: Address;
  addMoments(columns: number, stride: number, ...weights: readonly number[]): void;
  addNormals(columns: number, stride: number, scale: number): void;
  addSquares(columns: number, stride: number): void;
  addWeighted(columns: number, stride: number, ...weights: readonly number[]): void;
  subtractUniforms(columns: number, stride: number, low: number, width: number): void;
  writePoint(columns: number, offset: number, share: number): void;
}

/** What is used of the interface of JavaScript to WebAssembly, whose types come with those of browsers only. */
interface Global {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
  };
}

interface Address {
  readonly value: number;
}

type Loops = 'addMoments' | 'addNormals' | 'addSquares' | 'addWeighted' | 'subtractUniforms' | 'writePoint';

/** The loops, and the memory that they work in. */
export interface Kernels extends Pick<Exports, Loops> {
  /** The greatest number of columns that a loop takes at once. */
  readonly columns: number;
  /** Four rows. */
  readonly rows: Float32Array;
  /** Two vectors of `columns` numbers. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** A number for each of the four rows. */
  readonly totals: Float64Array;
  /** The states of four generators: word w of generator g is number 4·w + g. */
  readonly states: Int32Array;
}

/** Compiles the kernels at the first call. They have 512 KiB of memory. */
export const kernels = once((): Kernels => {
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  const host = { exp: Math.exp, log1p: Math.log1p };
  const { Instance, Module } = (globalThis as unknown as Global).WebAssembly;
  return kernelsOf(new Instance(new Module(bytes), { host }).exports);
});

function kernelsOf(exports: Exports): Kernels {
  const { buffer } = exports.memory;
  const columns = exports.COLUMNS.value;
  const floats = (at: Address, length: number) => new Float64Array(buffer, at.value, length);
  floats(exports.WIDTHS, widths.length).set(widths);
  floats(exports.LIMITS, underCurve.length).set(underCurve);
  floats(exports.HEIGHTS, heights.length).set(heights);
  return {
    ...exports,
    columns,
    rows: new Float32Array(buffer, exports.ROWS.value, 4 * columns),
    first: floats(exports.FIRST, columns),
    second: floats(exports.SECOND, columns),
    totals: floats(exports.TOTALS, 4),
    states: new Int32Array(buffer, exports.STATES.value, 16),
  };
}
