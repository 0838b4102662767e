// Fixed places in the memory of the kernels. The callers write their arrays there, and read the results.

/** Most elements of a row that a kernel takes at once: four rows and two vectors of float64 stay in the second cache. */
export const COLUMNS: i32 = 8192;

/** Four rows of float32. */
export const ROWS: usize = memory.data(4 * 8192 * 4, 16);
/** Vectors of float64. */
export const FIRST: usize = memory.data(8192 * 8, 16);
export const SECOND: usize = memory.data(8192 * 8, 16);
/** A float64 for each of four rows. */
export const TOTALS: usize = memory.data(32, 16);
/** The states of four generators of random numbers: word w of generator g is number 4·w + g. */
export const STATES: usize = memory.data(64, 16);

/** Four random words, and the four numbers made of them, while some of these are decided one by one. */
export const WORDS: usize = memory.data(16, 16);
export const DRAWN: usize = memory.data(32, 16);

/** Tables of the ziggurat (src/random/ziggurat.ts), float64. */
export const WIDTHS: usize = memory.data(256 * 8, 16);
export const LIMITS: usize = memory.data(256 * 8, 16);
export const HEIGHTS: usize = memory.data(257 * 8, 16);
