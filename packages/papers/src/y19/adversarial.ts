import { addedClaims, type Claim, type PaperTable } from '../table.js';
import { INFIDELITY, local, NOTES, SENSITIVITY, table1a } from './digits.js';
import { smoothedRows } from './smooth.js';

const ORDINARY = { name: 'ordinary', file: 'models/mnist-small-cnn.onnx' };
const ADVERSARIAL = { name: 'adversarial', file: 'models/mnist-adversarial.onnx' };
const models = [ORDINARY, ADVERSARIAL];

const explainers = smoothedRows(local);
const rowName = (explainer: string, model: string): string => `${explainer}, ${model}`;

/** The claims that each explainer has better numbers with the model that was trained adversarially. */
const adversarialIsBetter = (column: string): readonly Claim[] =>
  explainers.map(({ name }) => ({
    row: rowName(name, ADVERSARIAL.name),
    column,
    than: rowName(name, ORDINARY.name),
  }));

/** The explainers of Table 1a on two models of the same layers, one of which was trained on attacked digits. */
export const adversarialTable: PaperTable = {
  paper: 'y19',
  id: 'adversarial',
  title:
    'Sensitivity and infidelity (lower is better) of local explanations of two models on the same digits, with and without adversarial training',
  inputs: 'digits',
  models,
  rows: explainers.flatMap((row) =>
    models.map(({ name: model }) => ({ ...row, name: rowName(row.name, model), model })),
  ),
  columns: table1a.columns,
  numbers: [],
  claims: [...adversarialIsBetter(SENSITIVITY), ...addedClaims(adversarialIsBetter(INFIDELITY))],
  seconds: { paper: 1.8, 'paper-code': 1.8 },
  notes: [
    'Each claim compares one explainer between the two models, paired over the digits. That of sensitivity stands for the claim of the paper, whose numbers are not known here.',
    'The models have logits of different sizes. In the reading "paper", sensitivity and infidelity grow with them, sensitivity in proportion and infidelity with their square; the reading "paper-code" divides sensitivity by the norm of the explanation.',
    'The class explained is the one that each model predicts.',
    ...NOTES.slice(1),
  ],
};
