import { fail, links, parseOptions, z } from '@onnxplain/core';
import { LAYOUTS } from '@onnxplain/files';
import { type Prepared, prepare as prepareFiles } from '../pipeline/prepare.js';
import type { PrepareOptions } from '../pipeline/prepare-options.js';
import { expectOptions } from './start.js';

const text = z.string('a text').optional();
const texts = z.array(z.string('a list of texts'), 'a list of texts').optional();
const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `one of ${words.join(', ')}`).optional();
/** Checked where it is used, because its form depends on the model. */
const later = z.unknown().optional();

/** Every option of `prepare`. The compiler checks that none is missing. */
const OPTIONS = {
  inputs: z.array(z.string('a list of paths'), 'a list of paths'),
  target: later,
  targetMask: text,
  rows: text,
  wrt: text,
  feed: texts,
  plugins: z.array(z.unknown(), 'a list of plugins, such as loadPlugins(...) gives').optional(),
  output: text,
  externalData: text,
  shapes: later,
  fixed: later,
  limits: later,
  rules: text,
  device: word(['auto', 'cpu', 'cuda', 'webgpu']),
  threads: z.number('a positive integer').int('a positive integer').positive('a positive integer').optional(),
  spin: z.number('a whole number').optional(),
  batchAxis: later,
  classAxis: z.number('a whole number').int('a whole number').optional(),
  link: word(links),
  holds: word(['logits', 'probabilities', 'log-probabilities']),
  bounds: z.tuple([z.number(), z.number()], '[low, high]').optional(),
  size: z.tuple([z.number(), z.number()], '[height, width]').optional(),
  resize: z.number('a number of pixels').optional(),
  layout: word(LAYOUTS),
  channels: word(['rgb', 'bgr', 'grey']),
  scale: z.number('a number').optional(),
  mean: z.array(z.number('a list of numbers'), 'a list of numbers').optional(),
  std: z.array(z.number('a list of numbers'), 'a list of numbers').optional(),
  mostPixels: z
    .number('a positive integer')
    .int('a positive integer')
    .positive('a positive integer')
    .optional(),
  columns: texts,
  drop: texts,
  header: z.boolean('true or false').optional(),
  decimal: word(['point', 'comma']),
} satisfies Readonly<Record<keyof PrepareOptions, z.ZodType>>;

/**
 * Opens a model with its card, reads the inputs as the model needs them, and makes the query of each. Options go before the card's fields.
 * Throws `usage` without a path or options, `option-unknown` for a name that is no option, `option-value` for a value of another type, and
 * what the files, the model and the query need: `file-*`, `model-*`, `feed-*`, `target-range`, `name-unknown`, `output-unclear`.
 */
export async function prepare(path: string, options: PrepareOptions): Promise<Prepared> {
  if (typeof path !== 'string') {
    fail({ code: 'usage', where: 'prepare', expected: 'the path of a model file', got: String(path) });
  }
  expectOptions('prepare', options, Object.keys(OPTIONS));
  parseOptions('prepare', z.object(OPTIONS), { ...options });
  return prepareFiles(path, options);
}
