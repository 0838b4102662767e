import { addedClaims, type PaperTable, type TableColumn } from '../table.js';
import {
  columnsBy,
  INFIDELITY,
  local,
  MODEL,
  NOTES,
  noisyBaseline,
  noisyBaselineInfidelity,
  SENSITIVITY,
  smooth,
} from './digits.js';
import { type Smoothed, smoothedRows, smoothingClaims } from './smooth.js';

const ABSOLUTE = 'rank correlation, absolute';
const SIGNED = 'rank correlation, signed';
/** The mean rank correlation below which an explanation passes the check with random weights. */
const PASSED = 0.5;

const IG = 'path-gradient(steps=10, rule=left)';

/** The explainers of Table 1a, with less points of the path and draws of the kernel. */
const fewer: readonly Smoothed[] = [
  { ...local[0], smooth: smooth('gradient', 'gradient', 10) },
  { name: 'IG', explainer: IG, smooth: smooth(IG, IG, 10) },
  { ...local[2], smooth: smooth('guided-backprop', 'gradient', 10) },
];

/** What smoothing does to explanations by all measures, on pictures of CIFAR-10. */
export const smoothingTable: PaperTable = {
  paper: 'y19',
  id: '2',
  title:
    'Smoothed and unsmoothed explanations of pictures: sensitivity, infidelity, and rank correlation with those of random weights (lower is better)',
  inputs: 'pictures',
  model: 'models/cifar10-cnn.onnx',
  rows: smoothedRows(fewer),
  columns: [
    ...columnsBy({ radius: 0.2, draws: 5, infidelity: noisyBaselineInfidelity(1000) }),
    { name: ABSOLUTE, metric: 'randomised-weights' },
    { name: SIGNED, metric: 'randomised-weights(order=signed)' },
  ],
  numbers: [],
  claims: [
    ...smoothingClaims(fewer, [SENSITIVITY, INFIDELITY]),
    ...addedClaims(
      smoothedRows(fewer).flatMap(({ name: row }) =>
        [ABSOLUTE, SIGNED].map((column) => ({ row, column, than: PASSED })),
      ),
    ),
  ],
  seconds: { paper: 3, 'paper-code': 3.4 },
  notes: [
    'What the second table of the paper holds is not known here: neither its text nor its numbers were at hand. The claims are those that the paper makes for smoothing, that it lowers both sensitivity and infidelity.',
    `The check with random weights in the last layer is one of the paper's; that an explanation passes it with a mean rank correlation below ${PASSED} is an added comparison.`,
    'Explanations are smoothed by 10 draws, and integrated gradients have 10 points. The pictures are the first of a folder, such as those that scripts/make-cifar.ts writes.',
    ...NOTES.slice(0, 3),
  ],
};

const LEFT_41 = 'left / right side of Theorem 4.1';
const LEFT_42 = 'left / right side of Theorem 4.2';
const [RADIUS, KERNEL_RADIUS] = [0.2, 0.05];

/** The kernel of a reading with the radius at which Theorem 4.2 has something to say on some digits. */
const kernel = { paper: `gaussian(${KERNEL_RADIUS})`, 'paper-code': `uniform(${KERNEL_RADIUS})` };
const ball = `uniform(radius=${RADIUS}, ball=linf)`;

const sensitivity = (name: string, number: string): TableColumn => ({
  name,
  metric: {
    paper: `smoothing-sensitivity(${ball}, ${kernel.paper}, number=${number})`,
    'paper-code': `smoothing-sensitivity(${ball}, ${kernel['paper-code']}, number=${number})`,
  },
});

const infidelity = (name: string, number: string): TableColumn => ({
  name,
  metric: {
    paper: `smoothing-infidelity(${noisyBaseline.paper}, ${kernel.paper}, number=${number})`,
    'paper-code': `smoothing-infidelity(${noisyBaseline['paper-code']}, ${kernel['paper-code']}, number=${number})`,
  },
});

const explainers = local.map(({ name, explainer }) => ({ name, explainer }));

/** Both sides of the theorems on smoothing. */
export const theoremTable: PaperTable = {
  paper: 'y19',
  id: 'theorems',
  title: 'Both sides of the bounds of Theorems 4.1 and 4.2 for explanations of digits that are smoothed',
  inputs: 'digits',
  model: MODEL,
  rows: explainers,
  columns: [
    sensitivity('SENS of the mean', 'smoothed'),
    sensitivity('mean SENS', 'averaged'),
    sensitivity(LEFT_41, 'ratio'),
    infidelity('INFD of the mean', 'smoothed'),
    infidelity('mean INFD', 'averaged'),
    infidelity('C1', 'c1'),
    infidelity('C2', 'c2'),
    infidelity(LEFT_42, 'ratio'),
  ],
  numbers: [],
  claims: explainers.flatMap(({ name: row }) =>
    [LEFT_41, LEFT_42].map((column) => ({ row, column, than: 1 })),
  ),
  seconds: { paper: 3.5 },
  notes: [
    'The claims are the theorems: that the left side is at most the right side. They hold for every draw, so that a claim that does not hold is a mistake in the program; how far the ratio is below 1 says how tight the bound is.',
    'Theorem 4.2 gives a bound only where C2 is below 1/4; the ratio has no number on the other digits.',
    `Means are over 20 points of a kernel of radius ${KERNEL_RADIUS}; sensitivities are over 10 neighbours of ${ball}, infidelities over 300 draws of the noisy baseline.`,
    NOTES[0],
    NOTES[3],
  ],
};
