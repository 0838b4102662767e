import type { catalogue } from '../expression/house.js';

/** Everything that can be made by name, as text. */
export function showCatalogue(everything: ReturnType<typeof catalogue>): string {
  return Object.entries(everything)
    .map(([kind, rows]) => {
      const lines = rows.map(({ usage, summary, options }) => {
        const choices = options.map(({ name, type }) => `${name}: ${type}`).join('; ');
        return `  ${usage}\n      ${summary}${choices && `\n      ${choices}`}\n`;
      });
      return `${kind}s\n${lines.join('')}`;
    })
    .join('\n');
}
