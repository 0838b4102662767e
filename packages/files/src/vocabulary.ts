import { fail, z } from '@onnxplain/core';
import { readSmallFile } from './disk.js';

/** The texts of tokens by id; undefined for ids without a text. */
export type Vocabulary = readonly (string | undefined)[];

const id = z.number().int().nonnegative();
const ids = z.record(z.string(), id);
const scored = z.tuple([z.string(), z.number()]);
const added = z.array(z.object({ id, content: z.string() })).default([]);

/** A list of texts, a map from text to id (`vocab.json`), or the file of tokenizer libraries (`tokenizer.json`). */
const schema = z.union([
  z.array(z.string()),
  z.object({ model: z.object({ vocab: z.union([ids, z.array(scored)]) }), added_tokens: added }),
  ids,
]);

/**
 * Reads a vocabulary: text with a token a line, the first of id 0 (`vocab.txt`), or JSON: a list of tokens, an object from token to
 * id (`vocab.json`), a `tokenizer.json`. Throws `file-missing`, `file-unreadable` and `file-format`.
 */
export function readVocabulary(path: string): Vocabulary {
  const text = readSmallFile(path, { expected: 'a file of tokens' }).toString('utf8');
  if (!path.toLowerCase().endsWith('.json')) return text.replace(/\r?\n$/, '').split(/\r?\n/);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return textsOf(parsed.data, path);
  return fail({
    code: 'file-format',
    where: path,
    expected: 'a list of tokens, an object from token to id, or a tokenizer.json',
    got: text.slice(0, 60),
  });
}

function textsOf(read: z.output<typeof schema>, where: string): Vocabulary {
  if (Array.isArray(read)) return read;
  if (!isTokenizer(read)) return byId(Object.entries(read), where);
  const { vocab } = read.model;
  const own = Array.isArray(vocab) ? vocab.map(([text], k) => [text, k] as const) : Object.entries(vocab);
  return byId([...own, ...read.added_tokens.map(({ content, id }) => [content, id] as const)], where);
}

type Tokenizer = Extract<z.output<typeof schema>, { readonly added_tokens: unknown }>;

const isTokenizer = (read: Exclude<z.output<typeof schema>, readonly string[]>): read is Tokenizer =>
  typeof read.model === 'object';

/** Ids are positions in a table: no model has a table with as many rows. */
const LARGEST_ID = 2 ** 24;

/** Throws `file-format` for an id or number of a class that would make a list too long. */
export function expectId(id: number, where: string): void {
  if (id >= 0 && id < LARGEST_ID) return;
  fail({ code: 'file-format', where, expected: `numbers from 0 to ${LARGEST_ID - 1}`, got: `${id}` });
}

function byId(entries: readonly (readonly [text: string, id: number])[], where: string): Vocabulary {
  const texts: (string | undefined)[] = [];
  for (const [text, id] of entries) {
    expectId(id, where);
    texts[id] = text;
  }
  return texts;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
