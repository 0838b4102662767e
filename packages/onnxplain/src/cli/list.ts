import type { catalogue } from '../expression/registry.js';
import { KINDS, type Kind } from '../expression/tables.js';

const HEADINGS: Readonly<Record<Kind, string>> = {
  explainer: 'explainers',
  metric: 'metrics',
  perturbation: 'perturbations',
  solver: 'solvers',
  rules: 'backward rules (grad --rules)',
};

/** Everything that can be made by name, as text. */
export function showCatalogue(everything: ReturnType<typeof catalogue>): string {
  return KINDS.map((kind) => {
    const lines = everything[kind].map(({ usage, summary, options }) => {
      const choices = options.map(({ name, type }) => `${name}: ${type}`).join('; ');
      return `  ${usage}\n      ${summary}${choices && `\n      ${choices}`}\n`;
    });
    return `${HEADINGS[kind]}\n${lines.join('')}`;
  }).join('\n');
}
