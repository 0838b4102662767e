import type { DescribedOption } from '../expression/describe.js';
import type { catalogue } from '../expression/registry.js';
import { KINDS, type Kind } from '../expression/tables.js';

const HEADINGS: Readonly<Record<Kind, string>> = {
  explainer: 'explainers',
  metric: 'metrics',
  perturbation: 'perturbations',
  attack: 'attacks',
  solver: 'solvers',
  rules: 'backward rules (grad --rules)',
};

const LEGEND =
  'name(required, option=default, [option]): options in brackets may be left out and have no fixed default;\noptions are given in this order or by name, as in smooth(gradient, gaussian(sigma=0.2), draws=50).\n\n';

/** Formats everything that can be made by name, after a legend. Kinds of which there is nothing are left out. */
export function showCatalogue(everything: ReturnType<typeof catalogue>): string {
  const sections = KINDS.filter((kind) => everything[kind].length > 0).map((kind) => {
    const lines = everything[kind].map(
      ({ usage, summary, options }) => `  ${usage}\n      ${summary}\n${options.map(showOption).join('')}`,
    );
    return `${HEADINGS[kind]}\n${lines.join('')}`;
  });
  return LEGEND + sections.join('\n');
}

const showOption = ({ name, type, help }: DescribedOption): string =>
  `      ${name}: ${type}${help === undefined ? '' : `. ${help}`}\n`;
