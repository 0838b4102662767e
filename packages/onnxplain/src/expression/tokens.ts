import { fail } from '@onnxplain/core';

export interface Token {
  readonly kind: 'mark' | 'word' | 'string' | 'end';
  readonly text: string;
  /** Offset in the text. */
  readonly at: number;
}

/** The tokens of a text, of which the last is its end, and how many have been taken. */
export interface Cursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  taken: number;
}

/** At the first token. Throws `expression-syntax` for a quote that is not closed. */
export function cursorOf(text: string): Cursor {
  return { text, tokens: tokenise(text), taken: 0 };
}

const TOKEN = /\s+|([(),=[\]])|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([^\s(),=[\]"']+)/y;

function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (match === null) return complain(text, { at, expected: 'a closing quote', got: 'the end' });
    const [, mark, string, word] = match;
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, at });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string, at });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

/** The token that is taken next, or one that comes after it. */
export function peek({ tokens, taken }: Cursor, ahead = 0): Token {
  return tokens[taken + ahead];
}

export function take(cursor: Cursor): Token {
  return cursor.tokens[cursor.taken++];
}

export function isMark({ kind, text }: Token, mark: string): boolean {
  return kind === 'mark' && text === mark;
}

/** Takes a mark. Throws `expression-syntax` where another token stands. */
export function takeMark(cursor: Cursor, mark: string, expected = `"${mark}"`): void {
  const token = take(cursor);
  if (!isMark(token, mark)) refuse(cursor, token, expected);
}

/** Calls `read` for each item up to the closing mark; commas stand between them. */
export function readItems(cursor: Cursor, closing: string, read: () => void): void {
  for (let first = true; !isMark(peek(cursor), closing); first = false) {
    if (!first) takeMark(cursor, ',', `"," or "${closing}"`);
    read();
  }
  take(cursor);
}

/** Throws `expression-syntax` for a token, showing the text with a caret under it. */
export function refuse({ text }: Cursor, token: Token, expected: string): never {
  return complain(text, { at: token.at, expected, got: nameOf(token) });
}

const nameOf = (token: Token): string => (token.kind === 'end' ? 'the end' : `"${token.text}"`);

/** Throws `expression-syntax`, showing the text with a caret under the place. */
export function complain(
  text: string,
  { at, expected, got }: { readonly at: number; readonly expected: string; readonly got: string },
): never {
  return fail({
    code: 'expression-syntax',
    where: `expression at column ${at + 1}`,
    expected,
    got,
    remedy: `\n  ${text}\n  ${' '.repeat(at)}^`,
  });
}
