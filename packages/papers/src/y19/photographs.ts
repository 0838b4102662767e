import { betterThan, type PaperTable } from '../table.js';
import { columnsBy, global, INFIDELITY, NOTES, SENSITIVITY, smooth } from './digits.js';
import { smoothedRows, smoothingClaims } from './smooth.js';

const OPTIMUM = 'Square';
/** Squares of about a fourteenth to a third of the side of a picture of 224 pixels, as those of 2 to 10 of 28. */
const squares = 'square(sizes=[16,80])';

const IG = 'integrated-gradients(steps=10, rule=left)';

/** The explainers of the table on digits, with less points of the path and draws of the kernel. */
const explainers = [
  { ...global[0], smooth: smooth('times-input(gradient)', 'times-input(gradient)', 10) },
  {
    name: 'IG',
    explainer: IG,
    smooth: smooth(IG, IG, 10),
  },
  { ...global[2], smooth: smooth('times-input(guided-backprop)', 'times-input(gradient)', 10) },
];

/** Table 1b on photographs, as its rows of ImageNet: squares are drawn at random, because there are too many of them. */
export const photographTable: PaperTable = {
  paper: 'y19',
  id: '1b-photographs',
  title:
    'Sensitivity and infidelity (lower is better) of global explanations on photographs, square perturbation',
  inputs: 'photographs',
  rows: [
    { name: OPTIMUM, explainer: `optimal(${squares}, draws=500, solver=ridge)` },
    ...smoothedRows(explainers),
  ],
  columns: columnsBy({
    radius: 0.1,
    draws: 2,
    infidelity: {
      paper: `infidelity(${squares}, draws=500)`,
      'paper-code': `infidelity(${squares}, draws=500, scale=optimal)`,
    },
  }),
  numbers: [],
  claims: [
    ...betterThan(
      OPTIMUM,
      smoothedRows(explainers).map(({ name }) => name),
      [INFIDELITY],
    ),
    ...smoothingClaims(explainers, [SENSITIVITY, INFIDELITY]),
  ],
  seconds: { paper: 13 },
  notes: [
    'The paper has these explanations of an ImageNet model; its numbers are not known here. Any folder of pictures goes with a model of theirs.',
    'Squares have sides of 16 to 80 pixels and random places: 500 for the optimum, whose ridge is chosen by held-out infidelity, and 500 others for the infidelity. The authors say that they added a small ridge, and not how large.',
    'The table is made to take about half a minute of processor time for a photograph of 224 pixels: explanations are smoothed by 10 draws, integrated gradients have 10 points, and SENS_MAX has 2 draws. The Shapley values are left out.',
    ...NOTES.slice(0, 3),
  ],
};
