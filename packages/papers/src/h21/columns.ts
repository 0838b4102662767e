import type { TableColumn } from '../table.js';
import { CELLS, SYMBOLS } from './rows.js';

/** The model of digits that is explained where none is given. */
export const MODEL = 'models/mnist-small-cnn.onnx';

/** The attack by which the authors' program evaluates: [H21]'s, from 1000 random starts. */
export const EVALUATION = 'pgd(judge=last, restarts=1000)';

/** A criterion in both readings, with further options. */
export const robustness = (metric: string, ...options: readonly string[]) => ({
  paper: options.length === 0 ? metric : `${metric}(${options.join(', ')})`,
  'paper-code': `${metric}(${[EVALUATION, ...options, 'preset=paper-code'].join(', ')})`,
});

/** Robustness-S̄r and Robustness-Sr as areas below the curves of 5 to 45 % of the features. */
export const criteria: readonly TableColumn[] = [
  { name: `Robustness-${SYMBOLS.complement}`, metric: robustness('robustness-complement') },
  { name: `Robustness-${SYMBOLS.set}`, metric: robustness('robustness-set') },
];

export const INSERTION = 'Insertion';
export const DELETION = 'Deletion';

/** The two criteria and insertion and deletion over the cells of a digit. */
export const columnsOverCells: readonly TableColumn[] = [
  ...(['complement', 'set'] as const).map((criterion) => ({
    name: `Robustness-${SYMBOLS[criterion]}`,
    metric: robustness(`robustness-${criterion}`, CELLS),
  })),
  { name: INSERTION, metric: `insertion(uniform, draws=50, ${CELLS})` },
  { name: DELETION, metric: `deletion(uniform, draws=50, ${CELLS})` },
];

export const removal: readonly TableColumn[] = [
  { name: INSERTION, metric: 'insertion(uniform)' },
  { name: DELETION, metric: 'deletion(uniform)' },
];

/** The names of the columns of the two criteria. */
export const [complement, set] = criteria.map(({ name }) => name);

/** Notes that several tables have. */
export const NOTES = {
  class: 'The class explained is the one that the model predicts; the authors explain the label.',
  digits: 'The digits are the first of the test set.',
  attack:
    'In the reading "paper", norms are found by the default attack, which finds smaller ones than that of the paper at a fraction of its cost; in "paper-code" by that of the program of the authors.',
  settings: 'The settings of EG and CFX are not given by the paper; these are the defaults here.',
  cells:
    'Greedy-AS and the searches like it choose among 196 cells of 2 x 2 pixels, with 500 subsets a step, so that the table takes a tenth of the time that it takes over pixels; the paper ranks pixels.',
  numbering:
    'Which of the tables 8 to 11 of the paper this is, is not known here: the number stands for the appendix whose question it answers.',
} as const;
