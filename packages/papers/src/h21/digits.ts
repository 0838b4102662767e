import { addedClaims, betterThan, type PaperTable } from '../table.js';
import {
  columnsOverCells,
  complement,
  criteria,
  DELETION,
  INSERTION,
  MODEL,
  NOTES,
  removal,
  set,
} from './columns.js';
import {
  GREEDY_AS,
  greedyAsClaims,
  greedyAsRows,
  greedyAsRowsOverCells,
  MINIMUM_PERTURBATION,
  otherRows,
  SYMBOLS,
  searchRows,
} from './rows.js';

const others = otherRows.map(({ name }) => name);

/** The first table of [H21] on digits: both criteria, for all explainers. */
const table1: PaperTable = {
  paper: 'h21',
  id: '1',
  title: 'Areas below Robustness-S̄r (higher is better) and Robustness-Sr (lower is better) on digits',
  inputs: 'digits',
  model: MODEL,
  rows: [...otherRows, ...greedyAsRows],
  columns: criteria,
  numbers: [
    { row: 'Grad', column: complement, value: 88 },
    { row: 'BBMP', column: set, value: 176.6 },
    { row: 'Random', column: set, value: 193.8 },
  ],
  claims: greedyAsClaims(others, { complement: [complement], set: [set] }),
  notes: [NOTES.class, NOTES.digits, NOTES.attack, NOTES.settings],
};

/** Insertion goes with the features that hold a prediction, deletion with those that change it. */
const removalClaims = (insertions: readonly string[], deletions: readonly string[]) =>
  greedyAsClaims(others, { complement: insertions, set: deletions });

const REMOVAL_NOTES = [
  NOTES.class,
  NOTES.digits,
  'The paper does not say which Greedy-AS its row is: here, the one for Robustness-S̄r is claimed to be best in insertion, and the one for Robustness-Sr in deletion.',
  'No program for insertion and deletion was released: the readings differ by their explainers only.',
  NOTES.settings,
];

const table2: PaperTable = {
  paper: 'h21',
  id: '2',
  title: 'Insertion (higher is better) and deletion (lower is better) on digits, reference values U(0, 1)',
  inputs: 'digits',
  model: MODEL,
  rows: [...otherRows, ...greedyAsRows],
  columns: removal,
  numbers: [
    { row: 'BBMP', column: DELETION, value: 587 },
    { row: 'Random', column: DELETION, value: 312 },
  ],
  claims: removalClaims([INSERTION], [DELETION]),
  notes: REMOVAL_NOTES,
};

/** Insertion or deletion with each of five constants as the reference. */
function byConstants(id: string, metric: 'insertion' | 'deletion'): PaperTable {
  const columns = [0, 0.25, 0.5, 0.75, 1].map((reference) => ({
    name: `${metric}, reference ${reference}`,
    metric: `${metric}(${reference})`,
  }));
  const names = columns.map(({ name }) => name);
  const other = metric === 'insertion' ? 'deletion' : 'insertion';
  return {
    paper: 'h21',
    id,
    title: `${metric === 'insertion' ? 'Insertion (higher is better)' : 'Deletion (lower is better)'} on digits for five constant reference values`,
    inputs: 'digits',
    model: MODEL,
    rows: [...otherRows, ...greedyAsRows],
    columns,
    numbers: [],
    claims: metric === 'insertion' ? removalClaims(names, []) : removalClaims([], names),
    notes: [
      `Tables 5 and 6 of the paper are insertion and deletion with these constants; which of them is ${metric} and which ${other} is not known here.`,
      ...REMOVAL_NOTES,
    ],
  };
}

/** Greedy-AS against the searches that it extends. */
const table7: PaperTable = {
  paper: 'h21',
  id: '7',
  title: 'Greedy-AS, Greedy and One-step Banzhaf on digits, by all four measures',
  inputs: 'digits',
  model: MODEL,
  rows: [...searchRows, ...greedyAsRowsOverCells],
  columns: columnsOverCells,
  numbers: [],
  claims: [
    ...betterThan(GREEDY_AS.complement, namesFor(SYMBOLS.complement), [complement]),
    ...betterThan(GREEDY_AS.set, namesFor(SYMBOLS.set), [set]),
    ...addedClaims([
      ...betterThan(
        GREEDY_AS.complement,
        [...namesFor(SYMBOLS.complement), MINIMUM_PERTURBATION],
        [INSERTION],
      ),
      ...betterThan(GREEDY_AS.set, [...namesFor(SYMBOLS.set), MINIMUM_PERTURBATION], [DELETION]),
    ]),
  ],
  notes: [
    'The paper claims that Greedy-AS is better than Greedy and One-step Banzhaf; which of its tables says so is not known here.',
    NOTES.cells,
    NOTES.class,
    NOTES.digits,
    NOTES.attack,
  ],
};

function namesFor(symbol: string): readonly string[] {
  return searchRows.map(({ name }) => name).filter((name) => name.endsWith(` ${symbol}`));
}

/** The tables of [H21] that measure explanations of digits. */
export const digitTables: readonly PaperTable[] = [
  table1,
  table2,
  byConstants('5', 'deletion'),
  byConstants('6', 'insertion'),
  table7,
];
