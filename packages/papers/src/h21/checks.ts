import { addedClaims, betterThan, type PaperTable, type TableRow } from '../table.js';
import { complement, criteria, MODEL, NOTES, robustness, set } from './columns.js';
import {
  CELLS,
  GREEDY_AS,
  greedyAsOverCells,
  greedyAsRowsOverCells,
  MINIMUM_PERTURBATION,
  otherRows,
  SYMBOLS,
} from './rows.js';

/** The mean rank correlation below which an explanation passes the check with random weights. */
const PASSED = 0.5;

/** How far explanations change with random weights: Appendix I. */
const randomised: PaperTable = {
  paper: 'h21',
  id: '8',
  title:
    'Rank correlation of explanations with those of the model with random weights in its last layer (lower is better), on digits',
  inputs: 'digits',
  model: MODEL,
  rows: [...otherRows, ...greedyAsRowsOverCells],
  columns: [{ name: 'rank correlation', metric: 'randomised-weights(explained=predicted, draws=3)' }],
  numbers: [],
  claims: [
    { row: GREEDY_AS.complement, column: 'rank correlation', than: PASSED },
    { row: GREEDY_AS.set, column: 'rank correlation', than: PASSED },
    ...addedClaims([{ row: MINIMUM_PERTURBATION, column: 'rank correlation', than: PASSED }]),
  ],
  notes: [
    NOTES.numbering,
    NOTES.cells,
    `Appendix I of the paper says that Greedy-AS passes the check; here that means a mean rank correlation below ${PASSED}.`,
    NOTES.class,
    NOTES.digits,
  ],
};

/** How much of the top set stays near the input: Appendix J. Greedy-AS stops at the 20 % that the measure looks at. */
const stable: PaperTable = {
  paper: 'h21',
  id: '9',
  title: 'Sensitivity of the 20 % of features that rank highest (lower is better), on digits',
  inputs: 'digits',
  model: MODEL,
  rows: [
    ...otherRows.filter(({ name }) => name !== 'Random'),
    ...(['complement', 'set'] as const).map((criterion) => ({
      name: GREEDY_AS[criterion],
      explainer: greedyAsOverCells(criterion, ', stop=0.2'),
    })),
    ...greedyAsRowsOverCells.filter(({ name }) => name === MINIMUM_PERTURBATION),
  ],
  columns: [{ name: 'set sensitivity', metric: 'set-sensitivity(radius=0.1, draws=5, top=20)' }],
  numbers: [],
  claims: addedClaims([
    ...betterThan(GREEDY_AS.complement, ['Grad', 'IG', MINIMUM_PERTURBATION], ['set sensitivity']),
  ]),
  seconds: { paper: 39 },
  notes: [
    NOTES.numbering,
    NOTES.cells,
    'Definition J.1 prints a maximum over neighbours; the worst case that it describes is the minimum, which is taken. It is the worst of 5 neighbours, a lower bound.',
    'No ordering is claimed here, because the text of Appendix J is not known here.',
    NOTES.class,
    NOTES.digits,
  ],
};

/** The class that the targeted explanations lead to, and that of the digits. */
const TARGETED = { from: 4, to: 9 } as const;

const towards = (criterion: 'complement' | 'set'): TableRow => ({
  name: `Greedy-AS for ${SYMBOLS[criterion]}, towards ${TARGETED.to}`,
  explainer: greedyAsOverCells(criterion, `, target=${TARGETED.to}`),
});

/** The metrics of the two criteria, in the order of their columns. */
const METRICS = ['robustness-complement', 'robustness-set'] as const;

/** Why a 4 and not a 9. */
const targeted: PaperTable = {
  paper: 'h21',
  id: '11',
  title: `Why ${TARGETED.from} and not ${TARGETED.to}: targeted Robustness-S̄r (higher is better) and Robustness-Sr (lower is better) of digits ${TARGETED.from}`,
  inputs: 'digits',
  model: MODEL,
  classes: [TARGETED.from],
  rows: [towards('complement'), towards('set'), ...greedyAsRowsOverCells, otherRows[0]],
  columns: criteria.map(({ name }, i) => ({
    name: `${name}, towards ${TARGETED.to}`,
    metric: robustness(METRICS[i], `target=${TARGETED.to}`, CELLS),
  })),
  numbers: [],
  claims: addedClaims([
    ...betterThan(
      towards('complement').name,
      [GREEDY_AS.complement, 'Grad'],
      [`${complement}, towards ${TARGETED.to}`],
    ),
    ...betterThan(towards('set').name, [GREEDY_AS.set, 'Grad'], [`${set}, towards ${TARGETED.to}`]),
  ]),
  seconds: { paper: 15 },
  notes: [
    NOTES.numbering,
    NOTES.cells,
    'The paper shows targeted explanations as pictures; the comparisons are added here.',
    NOTES.class,
    NOTES.digits,
    NOTES.attack,
  ],
};

/** The tables of [H21] that ask other questions about explanations of digits. */
export const checkTables: readonly PaperTable[] = [randomised, stable, targeted];
