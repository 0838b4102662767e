import { catalogue } from '../expression/house.js';

/** Everything that can be made by name, as text. */
export function showCatalogue(): string {
  return Object.entries(catalogue())
    .map(([kind, rows]) => {
      const lines = rows.map(({ usage, summary, options }) => {
        const choices = options.map(({ name, type }) => `${name}: ${type}`).join('; ');
        return `  ${usage}\n      ${summary}${choices && `\n      ${choices}`}\n`;
      });
      return `${kind}s\n${lines.join('')}`;
    })
    .join('\n');
}
