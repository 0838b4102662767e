import { addedClaims, betterThan, type PaperTable, type TableRow } from '../table.js';
import { NOTES } from './columns.js';
import { GREEDY_AS, MINIMUM_PERTURBATION, SYMBOLS } from './rows.js';

/** What counts as one feature: about 50 parts of a picture that follow its edges. */
const PARTS = 'features=superpixels';
/** Steps of a tenth of the features, with about three subsets for each feature. */
const STEPS = 'step=0.1, subsets=150';

const greedyAs = (criterion: 'complement' | 'set'): TableRow => ({
  name: GREEDY_AS[criterion],
  explainer: {
    paper: `greedy-as(criterion=${criterion}, ${STEPS}, ${PARTS})`,
    'paper-code': `greedy-as(pgd(judge=last), criterion=${criterion}, ${STEPS}, preset=paper-code, ${PARTS})`,
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
  { name: 'SHAP', explainer: `kernel-shap(samples=2000, ${PARTS})` },
  { name: 'LOO', explainer: `leave-one-out(${PARTS})` },
  { name: 'BBMP', explainer: { paper: 'bbmp', 'paper-code': 'bbmp(preset=paper-code)' } },
  { name: 'CFX', explainer: `cfx(${PARTS})` },
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
    { name: MINIMUM_PERTURBATION, explainer: `minimum-perturbation(${PARTS})`, added: true },
  ],
  columns: [
    { name: complement, metric: `robustness-complement(${PARTS})` },
    { name: set, metric: `robustness-set(${PARTS})` },
    { name: insertion, metric: `insertion(uniform, draws=20, ${PARTS})` },
    { name: deletion, metric: `deletion(uniform, draws=20, ${PARTS})` },
  ],
  numbers: [],
  claims: [
    ...betterThan(GREEDY_AS.complement, others, [complement, insertion]),
    ...betterThan(GREEDY_AS.set, others, [set, deletion]),
    ...addedClaims([
      ...betterThan(GREEDY_AS.complement, [MINIMUM_PERTURBATION], [complement, insertion]),
      ...betterThan(GREEDY_AS.set, [MINIMUM_PERTURBATION], [set, deletion]),
    ]),
  ],
  notes: [
    'The claims of the first two tables on photographs; which table of the paper has them, and its numbers, are not known here.',
    'All rankings are of about 50 superpixels, so that Greedy-AS needs 150 subsets a step; it takes a tenth of them a step. The paper ranks pixels. EG is left out, because no background belongs to a folder of photographs.',
    NOTES.class,
    NOTES.attack,
  ],
};

/** The tables of [H21] on photographs. */
export const photographTables: readonly PaperTable[] = [table3];
