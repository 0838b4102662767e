import { asQuestions, betterThan, type PaperTable, type TableRow } from '../table.js';
import { NOTES } from './columns.js';
import { GREEDY_AS, MINIMUM_PERTURBATION, SYMBOLS } from './rows.js';

/** Side of the cells of the grid that count as one feature, in pixels: 49 cells of a picture of 224 pixels. */
const CELL = 32;
const CELLS = `features=${CELL}`;
/** Subsets of each step of Greedy-AS, four times the number of features. */
const SUBSETS = 200;

const greedyAs = (criterion: 'complement' | 'set'): TableRow => ({
  name: GREEDY_AS[criterion],
  explainer: {
    paper: `greedy-as(criterion=${criterion}, subsets=${SUBSETS}, ${CELLS})`,
    'paper-code': `greedy-as(pgd(judge=last), criterion=${criterion}, subsets=${SUBSETS}, preset=paper-code, ${CELLS})`,
  },
});

const otherRows: readonly TableRow[] = [
  { name: 'Grad', explainer: 'gradient' },
  {
    name: 'IG',
    explainer: {
      paper: 'integrated-gradients(steps=50)',
      'paper-code': 'path-gradient(steps=10, rule=left)',
    },
  },
  { name: 'SHAP', explainer: `kernel-shap(samples=2000, ${CELLS})` },
  { name: 'LOO', explainer: `leave-one-out(${CELLS})` },
  { name: 'BBMP', explainer: { paper: 'bbmp', 'paper-code': 'bbmp(preset=paper-code)' } },
  { name: 'CFX', explainer: `cfx(${CELLS})` },
  { name: 'Random', explainer: 'random' },
];

const others = otherRows.map(({ name }) => name);
const [complement, set, insertion, deletion] = [
  `Robustness-${SYMBOLS.complement}`,
  `Robustness-${SYMBOLS.set}`,
  'Insertion',
  'Deletion',
];

/** The measures of the first two tables on photographs. */
const table3: PaperTable = {
  paper: 'h21',
  id: '3',
  title:
    'Robustness-S̄r and insertion (higher is better), Robustness-Sr and deletion (lower is better) on photographs',
  inputs: 'photographs',
  rows: [
    ...otherRows,
    greedyAs('complement'),
    greedyAs('set'),
    { name: MINIMUM_PERTURBATION, explainer: `minimum-perturbation(${CELLS})`, added: true },
  ],
  columns: [
    { name: complement, metric: `robustness-complement(${CELLS})` },
    { name: set, metric: `robustness-set(${CELLS})` },
    { name: insertion, metric: `insertion(uniform, draws=20, ${CELLS})` },
    { name: deletion, metric: `deletion(uniform, draws=20, ${CELLS})` },
  ],
  numbers: [],
  claims: [
    ...betterThan(GREEDY_AS.complement, others, [complement, insertion]),
    ...betterThan(GREEDY_AS.set, others, [set, deletion]),
    ...asQuestions([
      ...betterThan(GREEDY_AS.complement, [MINIMUM_PERTURBATION], [complement, insertion]),
      ...betterThan(GREEDY_AS.set, [MINIMUM_PERTURBATION], [set, deletion]),
    ]),
  ],
  notes: [
    'The claims of the first two tables on photographs; which table of the paper has them, and its numbers, are not known here.',
    `All rankings are of cells of ${CELL} by ${CELL} pixels, so that Greedy-AS needs ${SUBSETS} subsets a step; the paper ranks pixels. EG is left out, because no background belongs to a folder of photographs.`,
    NOTES.class,
    NOTES.attack,
  ],
};

/** The tables of [H21] on photographs. */
export const photographTables: readonly PaperTable[] = [table3];
