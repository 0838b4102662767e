import type { PaperTable } from '../table.js';
import { checkTables } from './checks.js';
import { digitTables } from './digits.js';
import { photographTables } from './photographs.js';
import { sentenceTables } from './sentences.js';

/** The tables of [H21], by their numbers. */
export const h21: readonly PaperTable[] = [
  ...digitTables,
  ...photographTables,
  ...sentenceTables,
  ...checkTables,
].toSorted((a, b) => Number(a.id) - Number(b.id));
