import { dirname } from 'node:path';
import { fail, OnnxplainError, parseOptions, z } from '@onnxplain/core';
import { confined } from './confined.js';
import { readSmallFile } from './disk.js';
import { expectId, readVocabulary, type Vocabulary } from './vocabulary.js';

const numbers = z
  .union([z.number(), z.array(z.number()).nonempty()], 'a number, or a list of numbers, one a channel')
  .transform((value) => (typeof value === 'number' ? [value] : value));

/** Layouts as the command line and cards name them, with the batch axis. */
export const LAYOUTS = ['nchw', 'nhwc', 'ncw', 'nwc'] as const;
export type LayoutName = (typeof LAYOUTS)[number];

const name = (what: string) => z.string(what).min(1, what);
const side = z.number('a number of pixels').int('a number of pixels').positive('a number of pixels');

const training = z.strictObject({
  data: z.string('a text').optional(),
  accuracy: z
    .number('a share from 0 to 1')
    .min(0, 'a share from 0 to 1')
    .max(1, 'a share from 0 to 1')
    .optional(),
  seed: z.number('a whole number').int('a whole number').optional(),
  command: z.string('a text').optional(),
});

const axis = z.union([z.literal('none'), z.number().int().nonnegative()]);

/** The fields of a model card, all optional. docs/model-card.md documents them. */
const schema = z.strictObject({
  description: z.string('a text').optional(),
  input: name('the name of an input').optional(),
  size: z.tuple([side, side], '[height, width]').optional(),
  resize: side.optional(),
  layout: z.enum(LAYOUTS, LAYOUTS.join(', ')).optional(),
  channels: z.enum(['rgb', 'bgr', 'grey'], 'rgb, bgr or grey').optional(),
  scale: z.number('a number').optional(),
  mean: numbers.optional(),
  std: numbers.optional(),
  bounds: z
    .tuple([z.number(), z.number()], '[low, high]')
    .refine(([low, high]) => low < high, '[low, high] with low < high')
    .optional(),
  batchAxis: z
    .union(
      [axis, z.record(z.string(), axis)],
      'an axis from 0 up, "none", or these by the names of inputs and outputs',
    )
    .optional(),
  output: name('the name of an output or of an inner tensor').optional(),
  link: z.enum(['logit', 'probability', 'margin'], 'logit, probability or margin').optional(),
  holds: z
    .enum(['logits', 'probabilities', 'log-probabilities'], 'logits, probabilities or log-probabilities')
    .optional(),
  classAxis: z.number('a whole number').int('a whole number').optional(),
  labels: z.union([z.array(z.string()), z.string()], 'a list of names, or the path of a file').optional(),
  labelOffset: z.number('a whole number').int('a whole number').optional(),
  features: z
    .union(
      [z.array(z.string()), z.record(z.string(), z.array(z.string()))],
      'a list of names, or an object from input to a list of names',
    )
    .optional(),
  vocabulary: z
    .union([z.array(z.string()), z.string()], 'a list of tokens, or the path of a file')
    .optional(),
  pad: z
    .union(
      [z.number().int().nonnegative(), z.string()],
      "the padding token's id, or its text in the vocabulary",
    )
    .optional(),
  training: training.optional(),
});

/** Facts about a model that its file does not hold. `mean` and `std` have one number, or one for each channel. */
export type Card = Readonly<z.output<typeof schema>>;

/** A class by its number and name. */
export interface NamedClass {
  readonly k: number;
  readonly label: string;
}

/** A card whose files of labels and tokens were read. */
export interface LoadedCard extends Card {
  /** The classes that have a name, in their order. */
  readonly classes: readonly NamedClass[];
  /** Returns the name of class k, if it has one. */
  label(k: number): string | undefined;
  /** Returns the text of the token with this id, if it has one. */
  token(id: number): string | undefined;
  /** Id of the padding token. */
  readonly padId: number | undefined;
}

/** The path of a model's card: MODEL.card.json for MODEL.onnx. */
export function cardPath(model: string): string {
  return model.replace(/\.onnx$/i, '').concat('.card.json');
}

/**
 * Reads the card beside a model file; an empty card where there is none. Throws `file-format`, `option-unknown` and
 * `option-value` that name the field, and `file-missing` for a file of labels or tokens that is not there.
 */
export function readCard(model: string, options: CardOptions = {}): LoadedCard {
  const path = cardPath(model);
  const text = cardText(path);
  return text === undefined ? cardOf({}, path) : cardOf(parseJson(text, path), path, options);
}

export interface CardOptions {
  /** A folder whose files the card may name, beside its own. */
  readonly externalData?: string;
}

/**
 * Checks a card's fields and reads its labels and tokens. `path` names the card in errors.
 * Paths in it are relative to its folder and stay inside.
 */
export function cardOf(fields: unknown, path: string, { externalData }: CardOptions = {}): LoadedCard {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return fail({ code: 'file-format', where: path, expected: 'a JSON object', got: JSON.stringify(fields) });
  }
  const card = parseOptions(path, schema, { ...fields });
  const fileOf = (field: string, file: string): string =>
    confined(file, { folder: dirname(path), allowed: externalData, where: `${path}(${field})` });
  const labels = typeof card.labels === 'string' ? readLabels(fileOf('labels', card.labels)) : card.labels;
  const offset = card.labelOffset ?? 0;
  const vocabulary =
    typeof card.vocabulary === 'string'
      ? readVocabulary(fileOf('vocabulary', card.vocabulary))
      : card.vocabulary;
  const classes = Object.entries(labels ?? []).map(([i, label]) => ({ k: Number(i) + offset, label }));
  return {
    ...card,
    classes: classes.filter(({ label }) => label !== ''),
    label: (k) => labels?.[k - offset],
    token: (id) => vocabulary?.[id],
    padId: typeof card.pad === 'string' ? idOf(card.pad, { vocabulary, path }) : card.pad,
  };
}

function idOf(token: string, { vocabulary, path }: { vocabulary?: Vocabulary; path: string }): number {
  const id = vocabulary?.indexOf(token) ?? -1;
  if (id >= 0) return id;
  return fail({
    code: 'option-value',
    where: `${path}(pad)`,
    expected: 'the id of a token, or a token of the vocabulary',
    got: `"${token}"${vocabulary === undefined ? ' and no vocabulary' : ''}`,
  });
}

/** Reads labels from a text file (one a line), a JSON list of names or of [id, name] pairs, or a JSON object from index to name. */
export function readLabels(path: string): readonly string[] {
  const text = readSmallFile(path, { expected: 'a file of labels' }).toString('utf8');
  if (!path.endsWith('.json')) return text.split(/\r?\n/).map((line) => line.trim());
  const parsed = labelFile.safeParse(parseJson(text, path));
  if (!parsed.success) {
    return fail({
      code: 'file-format',
      where: path,
      expected: 'a list of names, a list of [id, name] pairs, or an object from index to name',
      got: text.slice(0, 60),
    });
  }
  const entries = Array.isArray(parsed.data)
    ? parsed.data.map((label, k) => [k, label] as const)
    : Object.entries(parsed.data);
  const labels: string[] = [];
  for (const [k, label] of entries) {
    expectId(Number(k), path);
    labels[Number(k)] = typeof label === 'string' ? label : label[label.length - 1];
  }
  return labels;
}

const label = z.union([z.string(), z.array(z.string()).nonempty()]);
const labelFile = z.union([z.array(label), z.record(z.string().regex(/^\d+$/), label)]);

/** The text of a card; undefined where there is none. */
function cardText(path: string): string | undefined {
  try {
    return readSmallFile(path, { expected: 'a file that can be read' }).toString('utf8');
  } catch (error) {
    if (error instanceof OnnxplainError && error.code === 'file-missing') return undefined;
    throw error;
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail(
      {
        code: 'file-format',
        where: path,
        expected: 'JSON',
        got: cause instanceof Error ? cause.message : 'another text',
      },
      { cause },
    );
  }
}
