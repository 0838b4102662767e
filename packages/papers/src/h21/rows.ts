import { addedClaims, betterThan, type Claim, type TableRow } from '../table.js';

/** The two criteria as [H21] writes them. */
export const SYMBOLS = { complement: 'S̄r', set: 'Sr' } as const;

/** The names of the rows that [H21] proposes; the paper has one name for both criteria of Greedy-AS. */
export const GREEDY_AS = {
  complement: `Greedy-AS for ${SYMBOLS.complement}`,
  set: `Greedy-AS for ${SYMBOLS.set}`,
} as const;

/** The minimum perturbation itself, which costs one attack. */
export const MINIMUM_PERTURBATION = 'minimum perturbation';

/**
 * The claims that Greedy-AS for either criterion is better than the others by the columns of its criterion; the same against the minimum
 * perturbation, which the paper does not have.
 */
export function greedyAsClaims(
  others: readonly string[],
  columns: Readonly<Record<keyof typeof GREEDY_AS, readonly string[]>>,
): readonly Claim[] {
  const against = (rows: readonly string[]) => [
    ...betterThan(GREEDY_AS.complement, rows, columns.complement),
    ...betterThan(GREEDY_AS.set, rows, columns.set),
  ];
  return [...against(others), ...addedClaims(against([MINIMUM_PERTURBATION]))];
}

const byPaperCode = (name: string, criterion: string) =>
  `${name}(pgd(judge=last), criterion=${criterion}, preset=paper-code)`;

/** Cells of 2 x 2 pixels of a digit, 196 of them, so that a regression takes few subsets. */
export const CELLS = 'features=2';
/** The subsets of a step of a regression over the cells: about two and a half for each. */
const SUBSETS = 'subsets=500';

/** Greedy-AS over the cells of a digit. `more`: further options, with a comma before each. */
export const greedyAsOverCells = (criterion: 'complement' | 'set', more = '') => ({
  paper: `greedy-as(criterion=${criterion}, ${SUBSETS}, ${CELLS}${more})`,
  'paper-code': `greedy-as(pgd(judge=last), criterion=${criterion}, preset=paper-code, ${SUBSETS}, ${CELLS}${more})`,
});

export const INTEGRATED_GRADIENTS: TableRow = {
  name: 'IG',
  explainer: { paper: 'integrated-gradients(steps=50)', 'paper-code': 'path-gradient(steps=10, rule=left)' },
};

/** Explainers of other authors, as [H21] compares them: the rows of its first two tables. */
export const otherRows: readonly TableRow[] = [
  { name: 'Grad', explainer: 'gradient' },
  INTEGRATED_GRADIENTS,
  { name: 'EG', explainer: 'expected-gradients({background}, draws=200)' },
  {
    name: 'SHAP',
    explainer: {
      paper: 'kernel-shap(samples=20000)',
      'paper-code':
        'optimal(coalitions(sampling=uniform, kernel=paper-code), draws=20000, solver=pseudo-inverse)',
    },
  },
  { name: 'LOO', explainer: 'leave-one-out' },
  { name: 'BBMP', explainer: { paper: 'bbmp', 'paper-code': 'bbmp(preset=paper-code)' } },
  { name: 'CFX', explainer: 'cfx' },
  { name: 'Random', explainer: 'random' },
];

/** Greedy-AS for either criterion, and the minimum perturbation. */
export const greedyAsRows: readonly TableRow[] = [
  {
    name: GREEDY_AS.complement,
    explainer: {
      paper: 'greedy-as(criterion=complement)',
      'paper-code': byPaperCode('greedy-as', 'complement'),
    },
  },
  {
    name: GREEDY_AS.set,
    explainer: { paper: 'greedy-as(criterion=set)', 'paper-code': byPaperCode('greedy-as', 'set') },
  },
  { name: MINIMUM_PERTURBATION, explainer: 'minimum-perturbation', added: true },
];

/** Greedy-AS for either criterion, and the minimum perturbation, over the cells of a digit. */
export const greedyAsRowsOverCells: readonly TableRow[] = [
  ...(['complement', 'set'] as const).map((criterion) => ({
    name: GREEDY_AS[criterion],
    explainer: greedyAsOverCells(criterion),
  })),
  { name: MINIMUM_PERTURBATION, explainer: 'minimum-perturbation', added: true },
];

/** The simpler searches that Greedy-AS is compared with, for either criterion, over the cells of a digit. */
export const searchRows: readonly TableRow[] = (['complement', 'set'] as const).flatMap((criterion) => [
  {
    name: `Greedy for ${SYMBOLS[criterion]}`,
    explainer: {
      paper: `greedy(criterion=${criterion}, ${CELLS})`,
      'paper-code': `greedy(pgd(judge=last), criterion=${criterion}, preset=paper-code, ${CELLS})`,
    },
  },
  {
    name: `One-step Banzhaf for ${SYMBOLS[criterion]}`,
    explainer: {
      paper: `one-step-banzhaf(criterion=${criterion}, subsets=1000, ${CELLS})`,
      'paper-code': `one-step-banzhaf(pgd(judge=last), criterion=${criterion}, preset=paper-code, subsets=1000, ${CELLS})`,
    },
  },
]);
