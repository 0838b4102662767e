/** Control characters except new lines and tabs, characters that change the direction of writing, and line separators. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Makes a text safe for a terminal: replaces control characters, which may come from files, by JSON escapes such as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** Writes data as JSON that has the characters of {@link printable} as escapes, so that a file of it can be shown. */
export function jsonText(data: unknown, indent: number): string {
  return `${printable(JSON.stringify(data, null, indent))}\n`;
}

/** Makes a name safe for one line of a terminal: {@link printable}, and new lines and tabs are replaced too. */
export function printableName(text: string): string {
  return printable(text).replace(/[\n\t]/g, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
