import { ownOf } from '@onnxplain/core';
/** Markup that is inserted into a page without escaping. */
export interface Html {
  readonly markup: string;
}

export type Insert = Html | string | number | undefined | false | readonly Insert[];

/** Tagged template for markup. It escapes everything that is inserted, except markup. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return { markup: strings.map((text, i) => (i === 0 ? text : show(inserts[i - 1]) + text)).join('') };
}

function show(insert: Insert): string {
  if (insert === undefined || insert === false) return '';
  if (typeof insert === 'object') return 'markup' in insert ? insert.markup : insert.map(show).join('');
  return escapeHtml(String(insert));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters except new lines and tabs, characters that turn the direction of writing, and line separators. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes a text for an element or a quoted attribute. {@link UNSAFE} characters, which HTML forbids or which hide text, become U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ownOf(ENTITIES, character)).replace(UNSAFE, '\uFFFD');
}
