import type { PaperTable, TableRow } from '../table.js';
import { complement, DELETION, INSERTION, NOTES, set } from './columns.js';
import { GREEDY_AS, greedyAsClaims, INTEGRATED_GRADIENTS, MINIMUM_PERTURBATION } from './rows.js';

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
  INTEGRATED_GRADIENTS,
  { name: 'SHAP', explainer: `kernel-shap(samples=4096, ${WORDS})` },
  { name: 'LOO', explainer: `leave-one-out(${WORDS})` },
  { name: 'CFX', explainer: `cfx(${WORDS})` },
  { name: 'Anchor', explainer: `anchor(${WORDS})` },
  { name: 'Random', explainer: 'random' },
];

const others = otherRows.map(({ name }) => name);

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
    { name: INSERTION, metric: `insertion(${WORD}, ${KEYWORDS}, ${WORDS})` },
    { name: DELETION, metric: `deletion(${WORD}, ${KEYWORDS}, ${WORDS})` },
  ],
  numbers: [],
  claims: greedyAsClaims(others, { complement: [complement, INSERTION], set: [set, DELETION] }),
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
