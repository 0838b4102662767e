import type { PaperTable, TableRow } from '../table.js';
import { complement, DELETION, INSERTION, NOTES, set } from './columns.js';
import { GREEDY_AS, greedyAsClaims, INTEGRATED_GRADIENTS, MINIMUM_PERTURBATION } from './rows.js';

/** What counts as one feature: about 50 parts of a picture that follow its edges. */
const PARTS = 'features=superpixels';
/** Two steps of a fifth of the features, with about two subsets for each feature: the least that the regression takes. */
const STEPS = 'subsets=120, step=0.2, stop=0.4';
/** Where the curves are evaluated, up to where Greedy-AS stops. */
const SIZES = 'percentages=[10,20,30,40]';
/** Half of the default number of steps. */
const ATTACK = 'minimum(steps=20)';

const greedyAs = (criterion: 'complement' | 'set'): TableRow => ({
  name: GREEDY_AS[criterion],
  explainer: {
    paper: `greedy-as(fmn(steps=5), criterion=${criterion}, ${STEPS}, ${PARTS})`,
    'paper-code': `greedy-as(pgd(judge=last), criterion=${criterion}, ${STEPS}, preset=paper-code, ${PARTS})`,
  },
});

const otherRows: readonly TableRow[] = [
  { name: 'Grad', explainer: 'gradient' },
  INTEGRATED_GRADIENTS,
  { name: 'SHAP', explainer: `kernel-shap(samples=2000, ${PARTS})` },
  { name: 'LOO', explainer: `leave-one-out(${PARTS})` },
  { name: 'BBMP', explainer: { paper: 'bbmp(iterations=100)', 'paper-code': 'bbmp(preset=paper-code)' } },
  { name: 'CFX', explainer: `cfx(${PARTS})` },
  { name: 'Random', explainer: 'random' },
];

const others = otherRows.map(({ name }) => name);

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
    { name: MINIMUM_PERTURBATION, explainer: `minimum-perturbation(${ATTACK}, ${PARTS})`, added: true },
  ],
  columns: [
    { name: complement, metric: `robustness-complement(${ATTACK}, ${SIZES}, ${PARTS})` },
    { name: set, metric: `robustness-set(${ATTACK}, ${SIZES}, ${PARTS})` },
    { name: INSERTION, metric: `insertion(uniform, draws=20, ${SIZES}, ${PARTS})` },
    { name: DELETION, metric: `deletion(uniform, draws=20, ${SIZES}, ${PARTS})` },
  ],
  numbers: [],
  claims: greedyAsClaims(others, { complement: [complement, INSERTION], set: [set, DELETION] }),
  notes: [
    'The claims of the first two tables on photographs; which table of the paper has them, and its numbers, are not known here.',
    'All rankings are of about 50 superpixels; the paper ranks pixels. EG is left out, because no background belongs to a folder of photographs.',
    'The table is made to take about a minute and a half of processor time for a photograph: Greedy-AS takes two steps of a fifth of the superpixels, with 120 subsets and attacks of 5 gradients, BBMP 100 steps, and the curves have the sizes 10, 20, 30 and 40 %, by attacks of 20 gradients.',
    NOTES.class,
    NOTES.attack,
  ],
  seconds: { paper: 90 },
};

/** The tables of [H21] on photographs. */
export const photographTables: readonly PaperTable[] = [table3];
