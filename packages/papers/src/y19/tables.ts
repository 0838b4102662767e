import type { PaperTable } from '../table.js';
import { adversarialTable } from './adversarial.js';
import { digitTables } from './digits.js';
import { observerTables } from './observer.js';

const planned = (id: string, title: string, needs: string): PaperTable => ({
  paper: 'y19',
  id,
  title,
  inputs: 'digits',
  rows: [],
  columns: [],
  numbers: [],
  claims: [],
  notes: [],
  needs,
});

/** The tables of [Y19]. Those that cannot be computed yet say what they need. */
export const y19: readonly PaperTable[] = [
  ...digitTables,
  adversarialTable,
  planned('2', 'The second table', 'its content, which is not known here'),
  ...observerTables,
  planned(
    'theorems',
    'Both sides of the bounds of Theorems 4.1 and 4.2',
    'metrics that give the sides and the constants C1 and C2 as estimates; smoothedInfidelity and smoothedSensitivity of onnxplain/metrics compute them, scripts/smoothing-theorems.ts prints them',
  ),
];
