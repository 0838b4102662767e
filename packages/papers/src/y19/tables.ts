import type { PaperTable } from '../table.js';
import { adversarialTable } from './adversarial.js';
import { digitTables } from './digits.js';
import { observerTables } from './observer.js';
import { photographTable } from './photographs.js';
import { smoothingTable, theoremTable } from './smoothing.js';

/** The tables of [Y19]. */
export const y19: readonly PaperTable[] = [
  ...digitTables,
  photographTable,
  adversarialTable,
  smoothingTable,
  ...observerTables,
  theoremTable,
];
