import {
  type Cursor,
  complain,
  cursorOf,
  isMark,
  peek,
  readItems,
  refuse,
  type Token,
  take,
  takeMark,
} from './tokens.js';

/** A parsed expression. `at` is the offset in the text, for messages. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: number }
  /** A bare word: a choice such as `left`, or a name with no options such as `gradient`. */
  | { readonly kind: 'word'; readonly value: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly at: number }
  | CallExpression;

export interface CallExpression {
  readonly kind: 'call';
  readonly name: string;
  readonly positional: readonly Expression[];
  readonly named: readonly Argument[];
  readonly at: number;
}

export interface Argument {
  readonly name: string;
  readonly value: Expression;
  readonly at: number;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DEEPEST = 64;

/**
 * Reads `name(positional, option=value)`: nested calls, lists in brackets, numbers, words, quoted strings, true and false.
 * Throws `expression-syntax` that shows the text with a caret under the place.
 */
export function parse(text: string): Expression {
  const cursor = cursorOf(text);
  const term = readTerm(cursor, 0);
  if (peek(cursor).kind !== 'end') refuse(cursor, peek(cursor), 'the end');
  return term;
}

function readTerm(cursor: Cursor, depth: number): Expression {
  const token = take(cursor);
  const { kind, text, at } = token;
  if (depth > DEEPEST) {
    complain(cursor.text, { at, expected: `at most ${DEEPEST} levels`, got: 'deeper nesting' });
  }
  if (kind === 'string') return { kind, value: unquote(text), at };
  if (isMark(token, '[')) return readList(cursor, at, depth);
  if (kind !== 'word') return refuse(cursor, token, 'a name, a number, a text or a list');
  return isMark(peek(cursor), '(') ? readCall(cursor, token, depth) : scalarOf(token);
}

/** What follows the opening bracket. */
function readList(cursor: Cursor, at: number, depth: number): Expression {
  const items: Expression[] = [];
  readItems(cursor, ']', () => items.push(readTerm(cursor, depth + 1)));
  return { kind: 'list', items, at };
}

/** What follows the name. */
function readCall(cursor: Cursor, { text: name, at }: Token, depth: number): CallExpression {
  const positional: Expression[] = [];
  const named: Argument[] = [];
  takeMark(cursor, '(');
  readItems(cursor, ')', () => {
    if (isNamed(cursor)) named.push(readArgument(cursor, named, depth));
    else if (named.length === 0) positional.push(readTerm(cursor, depth + 1));
    else refuse(cursor, peek(cursor), 'option=value after a named option');
  });
  return { kind: 'call', name, positional, named, at };
}

const isNamed = (cursor: Cursor): boolean => peek(cursor).kind === 'word' && isMark(peek(cursor, 1), '=');

function readArgument(cursor: Cursor, before: readonly Argument[], depth: number): Argument {
  const { text: name, at } = take(cursor);
  if (before.some((other) => other.name === name)) {
    complain(cursor.text, { at, expected: `option "${name}" once`, got: 'it again' });
  }
  takeMark(cursor, '=');
  return { name, value: readTerm(cursor, depth + 1), at };
}

function scalarOf({ text, at }: Token): Expression {
  if (NUMBER.test(text)) return { kind: 'number', value: Number(text), at };
  if (text === 'true' || text === 'false') return { kind: 'boolean', value: text === 'true', at };
  return { kind: 'word', value: text, at };
}

const unquote = (quoted: string): string => quoted.slice(1, -1).replace(/\\(.)/g, '$1');
