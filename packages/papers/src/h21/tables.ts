import type { PaperTable } from '../table.js';
import { digitTables } from './digits.js';

/** The tables of [H21]. */
export const h21: readonly PaperTable[] = [...digitTables];
