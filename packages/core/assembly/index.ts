// Loops over the elements of four rows of float32. The callers are in src/kernels; scripts/build-kernels.ts compiles this folder.
export { addSquares } from './distances';
export { writePoint } from './lines';
export { COLUMNS, FIRST, HEIGHTS, LIMITS, ROWS, SECOND, STATES, TOTALS, WIDTHS } from './memory';
export { addMoments } from './moments';
export { addNormals } from './normals';
export { addWeighted } from './sums';
export { subtractUniforms } from './uniforms';
