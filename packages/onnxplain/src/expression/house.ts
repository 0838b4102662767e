import { readFileSync } from 'node:fs';
import {
  type Explainer,
  fail,
  type Metric,
  type Perturbation,
  perturbations,
  solvers,
  type Tensor,
} from '@onnxplain/core';
import { explainers } from '@onnxplain/explainers';
import { metrics } from '@onnxplain/metrics';
import { readNpy } from '../files/npy.js';
import { type Described, describe } from './describe.js';
import { makeIn } from './make.js';
import { KINDS, type Kind, type MadeOf, type Tables } from './tables.js';

/** Everything that can be made by name. */
export const tables: Tables = {
  explainer: explainers,
  metric: metrics,
  perturbation: perturbations,
  solver: solvers,
};

/**
 * Makes what an expression names: `make('smooth(gradient, gaussian(0.1))', 'explainer')`. Without a kind, the first table that has
 * the name. Paths in options are .npy files, relative to the working folder.
 * Throws `expression-syntax`, `name-unknown`, `kind-mismatch`, `option-unknown`, `option-value`, `file-*`.
 */
export function make<K extends Kind = Kind>(expression: string, kind?: K): MadeOf[K] {
  return makeIn({ tables, readTensor }, expression, kind);
}

/** {@link make} for an explainer. */
export const makeExplainer = (expression: string): Explainer => make(expression, 'explainer');

/** {@link make} for a metric. */
export const makeMetric = (expression: string): Metric => make(expression, 'metric');

/** {@link make} for a perturbation. */
export const makePerturbation = (expression: string): Perturbation => make(expression, 'perturbation');

/** Names, options, types and defaults of everything that can be made, by kind. */
export function catalogue(): Readonly<Record<Kind, readonly Described[]>> {
  const rows = KINDS.map((kind) => [kind, describe(tables, tables[kind])] as const);
  return Object.fromEntries(rows) as Record<Kind, readonly Described[]>;
}

function readTensor(path: string): Tensor {
  return readNpy(bytesOf(path), path).tensor;
}

/** Options are made before anything runs, in one piece of synchronous code. */
function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    return fail(
      {
        code: absent ? 'file-missing' : 'file-unreadable',
        where: path,
        expected: 'a number, or a .npy file',
        got: absent ? 'no file of that name' : String(cause),
      },
      { cause },
    );
  }
}
