/** Eigenvalues of symmetric matrices. The only module that imports ml-matrix. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

export interface Eigen {
  readonly values: Float64Array;
  /** Column j is the eigenvector of value j: [k, k] row major. */
  readonly vectors: Float64Array;
}

/** Eigenvalues and eigenvectors of a symmetric matrix [k, k], row major. Takes seconds from k = 800 on. */
export function symmetricEigen(matrix: Float64Array, k: number): Eigen {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(k, k, matrix),
    { assumeSymmetric: true },
  );
  return {
    values: Float64Array.from(realEigenvalues),
    vectors: Float64Array.from(eigenvectorMatrix.to1DArray()),
  };
}
