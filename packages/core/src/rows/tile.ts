/** Two rows of one matrix and four of another, by their start offsets, and the range of columns that is multiplied. */
interface Tile {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly a: readonly [number, number];
  readonly b: readonly [number, number, number, number];
  readonly from: number;
  readonly to: number;
}

/** Rows of a tile on either side. */
const TILE = { a: 2, b: 4 } as const;

/** Computes the eight products of a tile, row by row. Each number that is read is used several times, because reading takes the time. */
function dotTile({ left, right, a: [a0, a1], b: [b0, b1, b2, b3], from, to }: Tile, out: Float64Array): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  for (let k = from; k < to; k++) {
    const x0 = left[a0 + k];
    const x1 = left[a1 + k];
    const y0 = right[b0 + k];
    const y1 = right[b1 + k];
    const y2 = right[b2 + k];
    const y3 = right[b3 + k];
    s0 += x0 * y0;
    s1 += x0 * y1;
    s2 += x0 * y2;
    s3 += x0 * y3;
    s4 += x1 * y0;
    s5 += x1 * y1;
    s6 += x1 * y2;
    s7 += x1 * y3;
  }
  out[0] = s0;
  out[1] = s1;
  out[2] = s2;
  out[3] = s3;
  out[4] = s4;
  out[5] = s5;
  out[6] = s6;
  out[7] = s7;
}

/** Products of rows of two matrices, tile by tile. */
interface RowProducts {
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** Length of a row in both. */
  readonly stride: number;
  /** Rows of the left one, and of the right one. */
  readonly rows: readonly [from: number, to: number];
  readonly columns: readonly [from: number, to: number];
  /** The range of columns that is multiplied. */
  readonly inner: readonly [from: number, to: number];
  /** out[i * width + j] += sign * (row i of left)·(row j of right); with one row on the left the width may be 0. */
  readonly out: Float64Array;
  readonly width: number;
  readonly sign: 1 | -1;
  /** Leave out tiles that lie wholly below the diagonal. */
  readonly upper?: boolean;
}

/** Adds the products of all pairs of rows. At an incomplete tile the last row takes the place of the missing rows. */
export function addRowProducts(work: RowProducts): void {
  const { left, right, stride, rows, columns, inner, upper = false } = work;
  const sums = new Float64Array(TILE.a * TILE.b);
  const lastRow = rows[1] - 1;
  const lastColumn = columns[1] - 1;
  const first = columns[0];
  for (let i = rows[0]; i <= lastRow; i += TILE.a) {
    const a = [i * stride, Math.min(i + 1, lastRow) * stride] as const;
    const start = upper ? Math.max(first, i - ((i - first) % TILE.b)) : first;
    for (let j = start; j <= lastColumn; j += TILE.b) {
      const b = [
        j * stride,
        Math.min(j + 1, lastColumn) * stride,
        Math.min(j + 2, lastColumn) * stride,
        Math.min(j + 3, lastColumn) * stride,
      ] as const;
      dotTile({ left, right, a, b, from: inner[0], to: inner[1] }, sums);
      place(work, sums, [i, j]);
    }
  }
}

function place(
  { rows, columns, out, width, sign }: RowProducts,
  sums: Float64Array,
  [i, j]: readonly [number, number],
): void {
  const height = Math.min(TILE.a, rows[1] - i);
  const length = Math.min(TILE.b, columns[1] - j);
  for (let r = 0; r < height; r++) {
    const at = (i + r) * width + j;
    for (let c = 0; c < length; c++) out[at + c] += sign * sums[r * TILE.b + c];
  }
}
