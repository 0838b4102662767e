/** Control characters, those that turn the direction of writing, and line separators; new lines and tabs aside. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** A text for a terminal: characters of files that would command it become `\u001b` and the like, which JSON reads as the same. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** A name for a line of a terminal: {@link printable}, new lines and tabs too. */
export function printableName(text: string): string {
  return printable(text).replace(/[\n\t]/g, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
