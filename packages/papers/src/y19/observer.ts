import { addedClaims, betterThan, type Claim, type PaperTable, type TableRow } from '../table.js';
import { global, INFIDELITY, NOTES } from './digits.js';
import { smoothedRows } from './smooth.js';

const squares = 'square(sizes=[1,10])';
const OPTIMUM = 'Square';
const rows: readonly TableRow[] = [
  ...smoothedRows(global),
  { name: OPTIMUM, explainer: `optimal(${squares}, draws=2000, solver=ridge)` },
];

const OBSERVER = 'Observer';
const SHARE = 'Share of the right half';

interface Half {
  readonly side: 'top' | 'bottom';
  readonly what: string;
}

const columnsFor = ({ side }: Half): PaperTable['columns'] => [
  { name: OBSERVER, metric: `attribution-share(halves([${side}]), majority=true)` },
  { name: SHARE, metric: `attribution-share(halves([${side}]))` },
  {
    name: INFIDELITY,
    metric: {
      paper: `infidelity(${squares}, draws=1000)`,
      'paper-code': `infidelity(${squares}, draws=1000, scale=optimal)`,
    },
  },
];

const others = rows.flatMap(({ name }) => (name === OPTIMUM ? [] : [name]));
const claims: readonly Claim[] = addedClaims([
  ...rows.map(({ name }) => ({ row: name, column: SHARE, than: 1 / 2 })),
  ...betterThan(OPTIMUM, others, [SHARE, INFIDELITY]),
]);

const tableFor = (half: Half): Omit<PaperTable, 'id' | 'notes'> => ({
  paper: 'y19',
  title: `Whether the ${half.what} of a picture with a caption holds more absolute attribution than the other half, as it should for the model`,
  inputs: 'pictures with captions',
  rows,
  columns: columnsFor(half),
  numbers: [],
  claims,
});

const OBSERVER_NOTES = [
  'The observer is a rule, not people: it answers with the half that holds more absolute attribution. The number is the share of right answers, of people in the paper.',
  'The numbers and the claims of the paper are not known here: all comparisons are added, and the rows too. The explainers are those of Table 1b without the Shapley value.',
  'Squares have sides of 1 to 10 pixels and random places, 2000 for the optimum, whose ridge is chosen by held-out infidelity, and 1000 for the infidelity.',
  'Claims go by the share of the attribution, whose differences a paired test can take; answers of the rule are the same on many pictures.',
  NOTES[0],
  'In the reading "paper-code", the GBP rows are plain gradients, as in the program of the authors.',
];

/** The rule in place of the people of the human study, for a model that reads the caption and for one that looks at the picture. */
export const observerTables: readonly PaperTable[] = [
  {
    ...tableFor({ side: 'bottom', what: 'caption' }),
    id: '3',
    model: 'models/bird-frog-caption.onnx',
    seconds: { paper: 3 },
    notes: [
      'This is the half of the study whose model reads the caption. That of the model that looks at the picture is table 3-picture.',
      ...OBSERVER_NOTES,
    ],
  },
  {
    ...tableFor({ side: 'top', what: 'picture' }),
    id: '3-picture',
    model: 'models/bird-frog-picture.onnx',
    seconds: { paper: 6 },
    notes: [
      'This is the half of the study whose model looks at the picture: the word below it is drawn at random with probability 0.6, and is right for 70 % of the pictures.',
      ...OBSERVER_NOTES,
    ],
  },
];
