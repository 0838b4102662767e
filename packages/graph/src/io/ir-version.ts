import { own } from '@onnxplain/core';

/** For each domain, pairs of an IR version and the first opset that needs it, newest first (ONNX versioning document). */
const FIRST_OPSET: Readonly<Record<string, readonly (readonly [opset: number, ir: number])[]>> = {
  '': [
    [25, 13],
    [24, 12],
    [23, 11],
    [21, 10],
    [19, 9],
    [15, 8],
    [12, 7],
    [11, 6],
    [10, 5],
  ],
  'ai.onnx.ml': [
    [5, 10],
    [4, 9],
    [3, 8],
    [2, 6],
  ],
};

/** The first IR version in which an initialiser need not be an input. */
const INITIALISERS = 4;
/** The first IR version in which a model may have functions. */
const FUNCTIONS = 8;

/** Returns the oldest IR version for a graph with these opsets, so that older runtimes can read the file. */
export function irVersion(opsets: Readonly<Record<string, number>>, hasFunctions: boolean): number {
  const needed = Object.entries(opsets).map(
    ([domain, opset]) => own(FIRST_OPSET, domain)?.find(([first]) => opset >= first)?.[1] ?? INITIALISERS,
  );
  return Math.max(INITIALISERS, hasFunctions ? FUNCTIONS : 0, ...needed);
}
