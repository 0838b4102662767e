import { tensor } from '@onnxplain/core';
import type { Plugin } from '../expression/plugin.js';
import { make } from '../expression/registry.js';
import type { MadeOf } from '../expression/tables.js';

/** Placeholders for the arrays that expressions may name, which are not known before the model is opened. */
const UNKNOWN = { pad: tensor([0], [1]), inputs: tensor([0], [1]) };

/** Placeholder for the rows of tables, which cannot be read before the columns of the model are known. */
const unknownRows = () => tensor([0], [1, 1]);

/** Placeholder for pictures, which cannot be read before the model says how. */
const unknownPicture = () => tensor([0], [1]);

/** Throws for expressions that are invalid for every model, before a large model is opened. */
export function checkExpressions(
  kind: keyof MadeOf,
  texts: readonly string[],
  plugins: readonly Plugin[],
): void {
  for (const text of texts)
    make(text, kind, { constants: UNKNOWN, tableRows: unknownRows, pictureRow: unknownPicture, plugins });
}
