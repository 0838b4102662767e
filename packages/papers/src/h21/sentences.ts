import { addedClaims, betterThan, type PaperTable, type TableRow } from '../table.js';
import { NOTES } from './columns.js';
import { GREEDY_AS, MINIMUM_PERTURBATION, SYMBOLS } from './rows.js';

/** Words count as one: all numbers of the embedding of a word. */
const WORDS = 'features=pixels, layout=wc';
/** The numbers of keywords that [H21] looks at. */
const KEYWORDS = 'counts=[1,2,3,4,5]';
/** The vectors of 20 words, one of which takes the place of all removed words. */
const WORD = '"models/random-words.npy"';

const greedyAs = (criterion: 'complement' | 'set'): TableRow => ({
  name: GREEDY_AS[criterion],
  explainer: {
    paper: `greedy-as(criterion=${criterion}, subsets=4096, ${WORDS})`,
    'paper-code': `greedy-as(pgd(judge=last), criterion=${criterion}, preset=paper-code, ${WORDS})`,
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
  { name: 'SHAP', explainer: `kernel-shap(samples=4096, ${WORDS})` },
  { name: 'LOO', explainer: `leave-one-out(${WORDS})` },
  { name: 'CFX', explainer: `cfx(${WORDS})` },
  { name: 'Anchor', explainer: `anchor(${WORDS})` },
  { name: 'Random', explainer: 'random' },
];

const others = otherRows.map(({ name }) => name);
const [complement, set, insertion, deletion] = [
  `Robustness-${SYMBOLS.complement}`,
  `Robustness-${SYMBOLS.set}`,
  'Insertion',
  'Deletion',
];

/** Wins, draws and losses of Greedy-AS on sentences. */
const table4: PaperTable = {
  paper: 'h21',
  id: '4',
  title:
    'Robustness-S̄r and insertion (higher is better), Robustness-Sr and deletion (lower is better) of 1 to 5 keywords of sentences',
  inputs: 'sentences',
  model: 'models/topic-bilstm.onnx',
  data: 'models/sentences',
  rows: [
    ...otherRows,
    greedyAs('complement'),
    greedyAs('set'),
    { name: MINIMUM_PERTURBATION, explainer: `minimum-perturbation(${WORDS})`, added: true },
  ],
  columns: [
    { name: complement, metric: `robustness-complement(${KEYWORDS}, ${WORDS})` },
    { name: set, metric: `robustness-set(${KEYWORDS}, ${WORDS})` },
    { name: insertion, metric: `insertion(${WORD}, ${KEYWORDS}, ${WORDS})` },
    { name: deletion, metric: `deletion(${WORD}, ${KEYWORDS}, ${WORDS})` },
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
    'The questions and topics of CLINC150 stand in for Yahoo! Answers. The precision and the mean average precision of keywords need keywords that people chose, which there are none of here.',
    'Removed words get the vector of a random word, as in the paper; the number is the mean over 20 words. The file models/random-words.npy, relative to the working folder, has the vectors.',
    'Where an input has no numbers in a row, such as for a sentence without an anchor, the claim goes by the others.',
    NOTES.class,
    NOTES.attack,
  ],
  seconds: { paper: 5 },
};

/** The tables of [H21] on sentences. */
export const sentenceTables: readonly PaperTable[] = [table4];
