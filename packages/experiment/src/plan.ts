import { fail, z } from '@onnxplain/core';

/** Version of the form of a plan; a number more when a field changes its meaning or goes away. */
export const PLAN_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const axis = z.union([z.int().nonnegative(), z.literal('none')]);
const place = z.strictObject({
  /** What is taken along each axis of the output after the batch. */
  at: z.array(z.union([z.int(), z.string()])),
  /** Content hash of the weights of the sums. */
  mask: sha256.optional(),
});

const query = z.strictObject({
  model: z.strictObject({ sha256 }),
  output: z.string().optional(),
  batchAxis: z.union([axis, z.record(z.string(), axis)]).optional(),
  target: z.union([z.literal('predicted'), z.int(), place]),
  classAxis: z.int().optional(),
  link: z.enum(['logit', 'probability', 'margin']),
  holds: z.string().optional(),
  input: z.string(),
  feeds: z.record(z.string(), sha256),
  bounds: z.tuple([z.number(), z.number()]).readonly().optional(),
  features: z.string(),
});

const plan = z.strictObject({
  format: z.literal('onnxplain-plan'),
  version: z.literal(PLAN_VERSION),
  program: z.strictObject({ onnxplain: z.string(), onnxruntime: z.string(), device: z.string() }),
  queries: z.array(query),
  inputs: z.array(z.strictObject({ name: z.string(), content: sha256, query: z.int().nonnegative() })),
  explainers: z.array(z.string()),
  metrics: z.array(z.string()),
  seed: z.int(),
});

/**
 * Which number of which model: JSON, without functions or arrays.
 *
 * - `model.sha256`: hash of the model file's bytes; `output` and `input`: names of the explained output and of the input or inner value;
 *   `batchAxis`: axes that were named, absent where they are found in the graph.
 * - `target`: 'predicted' (of each input its own best class), a class or element, or what is taken along each axis;
 *   `link` and `holds`: what is made of the output; `classAxis`: which axis has the classes.
 * - `feeds`: content hashes (`contentHash` of `core`) of the values of further inputs, by name.
 * - `features`: the layout that features go by ('chw', 'hwc', ...), or 'elements' where none is known.
 */
export type Query = z.infer<typeof query>;

/**
 * Everything a run computes, named before anything is computed: JSON. Who computes a cell of a plan, wherever and whenever, gets the same
 * number, to the rounding of the provider. Expressions are in their canonical form; `inputs` have the content hash that their keys
 * are made of and the number of their query.
 */
export type Plan = z.infer<typeof plan>;

/**
 * One unit of work, which is done whole or not at all.
 *
 * - `explain`: one input by one explainer. Its result is an attribution.
 * - `measure`: one input under one metric, for all explainers together. A metric that compares explainers draws once for all of
 *   them, so that their differences are paired; apart, these would be lost.
 */
export type Cell =
  | { readonly stage: 'explain'; readonly input: number; readonly explainer: number }
  | { readonly stage: 'measure'; readonly input: number; readonly metric: number };

/** The cells of a plan in the order in which they run: those that explain first, by input. */
export function cellsOf({ inputs, explainers, metrics }: Plan): readonly Cell[] {
  return [
    ...inputs.flatMap((_, input) =>
      explainers.map((_, explainer): Cell => ({ stage: 'explain', input, explainer })),
    ),
    ...inputs.flatMap((_, input) => metrics.map((_, metric): Cell => ({ stage: 'measure', input, metric }))),
  ];
}

/** The name of a cell in its plan, such as 'explain-0003-01': input 3, explainer 1. */
export function cellName(cell: Cell): string {
  const other = cell.stage === 'explain' ? cell.explainer : cell.metric;
  return `${cell.stage}-${String(cell.input).padStart(4, '0')}-${String(other).padStart(2, '0')}`;
}

/** Reads the text of a plan. Throws `file-format`. */
export function parsePlan(text: string, where: string): Plan {
  const parsed = plan.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  return fail({
    code: 'file-format',
    where,
    expected: `a plan of version ${PLAN_VERSION}`,
    got: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    remedy: 'Remove the folder to start again.',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What differs between two plans, a sentence each such as 'seed: 0 before, 1 now'; none where they are the same. */
export function planDifferences(before: Plan, now: Plan): readonly string[] {
  const [old, fresh] = [before, now].map((each) => new Map(leavesOf(JSON.parse(JSON.stringify(each)), '')));
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  return names
    .filter((name) => old.get(name) !== fresh.get(name))
    .map((name) => `${name}: ${old.get(name) ?? 'nothing'} before, ${fresh.get(name) ?? 'nothing'} now`);
}

/** Every leaf of a JSON value as its path and its text. */
function leavesOf(value: unknown, path: string): readonly (readonly [path: string, text: string])[] {
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, JSON.stringify(value)]];
  const child = (name: string) =>
    Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
  return entries.flatMap(([name, each]) => leavesOf(each, child(name)));
}
