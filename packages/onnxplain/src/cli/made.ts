import { tensor } from '@onnxplain/core';
import { make } from '../expression/registry.js';
import type { MadeOf } from '../expression/tables.js';

/** What a model may give expressions by name, before it is known what that is. */
const UNKNOWN = { pad: tensor([0], [1]) };

/** What a table holds for a model is not known either; that it is there is. */
const unread = () => tensor([0], [1, 1]);

/** Refuses what makes nothing of this kind whatever the model is: before a large one is opened. */
export function expectMade(kind: keyof MadeOf, texts: readonly string[]): void {
  for (const text of texts) make(text, kind, { constants: UNKNOWN, tableRows: unread });
}
