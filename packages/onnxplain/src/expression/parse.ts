import { fail } from '@onnxplain/core';

/** A parsed expression. `at` is the offset in the text, for messages. */
export type Term =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: number }
  /** A bare word: a choice such as `left`, or a name with no options such as `gradient`. */
  | { readonly kind: 'word'; readonly value: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Term[]; readonly at: number }
  | Call;

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly positional: readonly Term[];
  readonly named: readonly Argument[];
  readonly at: number;
}

export interface Argument {
  readonly name: string;
  readonly value: Term;
  readonly at: number;
}

interface Token {
  readonly kind: 'mark' | 'word' | 'string' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s+|([(),=[\]])|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([^\s(),=[\]"']+)/y;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DEEPEST = 64;

/**
 * Reads `name(positional, option=value)`: nested calls, lists in brackets, numbers, words, quoted strings, true and false.
 * Throws `expression-syntax` that shows the text with a caret under the place.
 */
export function parse(text: string): Term {
  const tokens = tokenise(text);
  let next = 0;

  const peek = (): Token => tokens[next];
  const take = (): Token => tokens[next++];
  const is = (mark: string): boolean => peek().kind === 'mark' && peek().text === mark;

  function expect(mark: string): void {
    if (!is(mark)) complain(text, { at: peek().at, expected: `"${mark}"`, got: nameOf(peek()) });
    take();
  }

  function comma(closing: string): void {
    if (!is(',')) complain(text, { at: peek().at, expected: `"," or "${closing}"`, got: nameOf(peek()) });
    take();
  }

  function term(depth: number): Term {
    const token = take();
    if (depth > DEEPEST)
      complain(text, { at: token.at, expected: `at most ${DEEPEST} levels`, got: 'deeper nesting' });
    if (token.kind === 'string') return { kind: 'string', value: unquote(token.text), at: token.at };
    if (token.kind === 'mark' && token.text === '[') return list(token.at, depth);
    if (token.kind !== 'word') {
      return complain(text, {
        at: token.at,
        expected: 'a name, a number, a text or a list',
        got: nameOf(token),
      });
    }
    if (is('(')) return call(token, depth);
    return scalar(token);
  }

  function list(at: number, depth: number): Term {
    const items: Term[] = [];
    while (!is(']')) {
      if (items.length > 0) comma(']');
      items.push(term(depth + 1));
    }
    expect(']');
    return { kind: 'list', items, at };
  }

  function call({ text: name, at }: Token, depth: number): Call {
    const positional: Term[] = [];
    const named: Argument[] = [];
    expect('(');
    while (!is(')')) {
      if (positional.length + named.length > 0) comma(')');
      const isNamed =
        peek().kind === 'word' && tokens[next + 1].text === '=' && tokens[next + 1].kind === 'mark';
      if (isNamed) named.push(argument(named, depth));
      else if (named.length === 0) positional.push(term(depth + 1));
      else
        complain(text, { at: peek().at, expected: 'option=value after a named option', got: nameOf(peek()) });
    }
    expect(')');
    return { kind: 'call', name, positional, named, at };
  }

  function argument(before: readonly Argument[], depth: number): Argument {
    const { text: name, at } = take();
    if (before.some((other) => other.name === name)) {
      complain(text, { at, expected: `option "${name}" once`, got: 'it again' });
    }
    expect('=');
    return { name, value: term(depth + 1), at };
  }

  const parsed = term(0);
  if (peek().kind !== 'end') complain(text, { at: peek().at, expected: 'the end', got: nameOf(peek()) });
  return parsed;
}

function scalar({ text, at }: Token): Term {
  if (NUMBER.test(text)) return { kind: 'number', value: Number(text), at };
  if (text === 'true' || text === 'false') return { kind: 'boolean', value: text === 'true', at };
  return { kind: 'word', value: text, at };
}

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

const unquote = (quoted: string): string => quoted.slice(1, -1).replace(/\\(.)/g, '$1');

const nameOf = (token: Token): string => (token.kind === 'end' ? 'the end' : `"${token.text}"`);

function complain(text: string, { at, expected, got }: { at: number; expected: string; got: string }): never {
  return fail({
    code: 'expression-syntax',
    where: `expression at column ${at + 1}`,
    expected,
    got,
    remedy: `\n  ${text}\n  ${' '.repeat(at)}^`,
  });
}
