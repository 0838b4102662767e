import { loadRows, type Matrix, type RowBlock, storeRows } from './four-rows.js';
import { type Kernels, kernels } from './instance.js';

/**
 * Adds `scale` times standard normal numbers to rows of float32, each row with its own generator, as `Stream.addNormal` does with one.
 * `states` has four words for each row, see `statesOf`, and is left as it was.
 */
export function addNormalsToRows(data: Float32Array, states: Int32Array, scale: number): void {
  const all = kernels();
  updateRows(all, { data, states }, (columns, stride) => all.addNormals(columns, stride, scale));
}

/** Subtracts numbers that are uniform in [low, low + width) from rows of float32, as `Stream.fillUniform` gives them for each row. */
export function subtractUniformsFromRows(
  data: Float32Array,
  states: Int32Array,
  { low, width }: { readonly low: number; readonly width: number },
): void {
  const all = kernels();
  updateRows(all, { data, states }, (columns, stride) => all.subtractUniforms(columns, stride, low, width));
}

interface DrawnRows {
  readonly data: Float32Array;
  readonly states: Int32Array;
}

function updateRows(
  all: Kernels,
  { data, states }: DrawnRows,
  update: (columns: number, stride: number) => void,
): void {
  const matrix: Matrix = { data, n: states.length / 4 };
  const size = data.length / matrix.n;
  for (let first = 0; first < matrix.n; first += 4) {
    loadStates(all, states, first);
    for (let from = 0; from < size; from += all.columns) {
      const block: RowBlock = { first, from, to: Math.min(size, from + all.columns) };
      const stride = loadRows(all, matrix, block);
      update(block.to - from, stride);
      storeRows(all, matrix, block);
    }
  }
}

/** Four generators take the numbers 4·i to 4·i + 3 of each state; any take the place of missing ones. */
function loadStates({ states: into }: Kernels, states: Int32Array, first: number): void {
  for (let g = 0; g < 4; g++) {
    const at = Math.min(4 * (first + g), states.length - 4);
    for (let word = 0; word < 4; word++) into[4 * word + g] = states[at + word];
  }
}
