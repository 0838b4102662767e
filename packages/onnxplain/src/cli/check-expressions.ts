import { tensor } from '@onnxplain/core';
import type { Plugin } from '../expression/plugin.js';
import { make } from '../expression/registry.js';
import type { MadeOf } from '../expression/tables.js';

/** Stands for the arrays that a model gives expressions by name, before the model is opened. */
const UNKNOWN = { pad: tensor([0], [1]) };

/** Stands for the rows of tables, which are read with the model's columns. */
const unknownRows = () => tensor([0], [1, 1]);

/** Refuses expressions that make nothing of this kind whatever the model is, before a large model is opened. */
export function checkExpressions(
  kind: keyof MadeOf,
  texts: readonly string[],
  plugins: readonly Plugin[],
): void {
  for (const text of texts) make(text, kind, { constants: UNKNOWN, tableRows: unknownRows, plugins });
}
