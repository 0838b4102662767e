import { fail, type Layout, z } from '@onnxplain/core';

/** Version of the format. It goes up when a field changes its meaning or is removed. */
export const PLAN_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const axis = z.union([z.int().nonnegative(), z.literal('none')]);
const outputElements = z.strictObject({
  /** For each axis of the output after the batch axis: an index, or the name of what is taken along it. */
  at: z.array(z.union([z.int(), z.enum(['sum', 'max', 'predicted'])])),
  /** Content hash of the weights, where sums are weighted. */
  mask: sha256.optional(),
  /** The axis whose index was given as the name of a class, which makes it the axis of classes. */
  namedAxis: z.int().nonnegative().optional(),
});

const query = z.strictObject({
  model: z.strictObject({ sha256 }),
  output: z.string().optional(),
  batchAxis: z.union([axis, z.record(z.string(), axis)]).optional(),
  target: z.union([z.literal('predicted'), z.int(), outputElements]),
  byName: z.boolean().optional(),
  classAxis: z.int().optional(),
  namedClasses: z.int().nonnegative().optional(),
  link: z.enum(['logit', 'probability', 'margin']),
  holds: z.enum(['logits', 'probabilities', 'log-probabilities']).optional(),
  rules: z.string().optional(),
  input: z.string(),
  feeds: z.record(z.string(), sha256),
  batchedFeeds: z.array(z.string()).optional(),
  bounds: z.tuple([z.number(), z.number()]).readonly().optional(),
  features: z.enum(['elements', 'chw', 'hwc', 'cw', 'wc'] satisfies readonly (Layout | 'elements')[]),
});

const plan = z.strictObject({
  format: z.literal('onnxplain-plan'),
  version: z.literal(PLAN_VERSION),
  program: z.strictObject({ onnxplain: z.string(), onnxruntime: z.string(), device: z.string() }),
  queries: z.array(query),
  inputs: z.array(z.strictObject({ name: z.string(), content: sha256, query: z.int().nonnegative() })),
  explainers: z.array(z.string()),
  metrics: z.array(z.string()),
  /** Files with definitions that expressions may name; absent where there are none. */
  plugins: z
    .array(z.strictObject({ file: z.string(), sha256 }))
    .readonly()
    .optional(),
  seed: z.int(),
});

/**
 * Says which number of which model is explained: JSON, without functions or arrays. Arrays are named by their content hash (`contentHash`
 * of `core`).
 *
 * - `model.sha256`: hash of the bytes of the model file.
 * - `output` and `input`: names of the explained output, and of the input or inner value by which it is explained.
 * - `batchAxis`: the axes that the caller named; absent where they are found in the graph.
 * - `target`: 'predicted' (each input's own best class), a class or element of the flattened output, or what is taken along each axis.
 *   `byName`: the class was given by its name, so that the output must have one axis.
 * - `link` and `holds`: how f is made of the output, and what the output holds where that was given.
 * - `rules`: the expression of the backward rules of `gradient`; absent for the derivative.
 * - `classAxis`: which axis holds the classes, where that was given. `namedClasses`: how many classes have names; an axis of that size
 *   holds the classes where nothing else tells.
 * - `feeds`: content hashes of the values of further inputs, by name. `batchedFeeds`: those whose first axis is the batch axis although the
 *   model names it differently.
 * - `bounds`: least and greatest value of an element, where they are known.
 * - `features`: the layout of the input ('chw', 'hwc', ...), or 'elements' where none is known.
 */
export type Query = z.infer<typeof query>;

/**
 * Everything that a run computes, as JSON, written before anything is computed. A cell of a plan gives the same number, to the rounding of
 * the provider, whoever computes it, wherever and whenever. Expressions are in canonical form. Each of `inputs` has the content
 * hash that its random keys are made of and the index of its query.
 */
export type Plan = z.infer<typeof plan>;

/**
 * A unit of work, which is finished completely or not at all.
 *
 * - `explain`: one input explained by one explainer. The result is an attribution.
 * - `measure`: one input measured by one metric, for all explainers together. A metric that compares explainers uses the same draws for
 *   all of them, so that their differences are paired. Separate cells would lose this pairing.
 */
export type Cell =
  | { readonly stage: 'explain'; readonly input: number; readonly explainer: number }
  | { readonly stage: 'measure'; readonly input: number; readonly metric: number };

/** The cells of a plan in the order in which they run: first all that explain, by input, then all that measure. */
export function cellsOf({ inputs, explainers, metrics }: Plan): readonly Cell[] {
  return [
    ...inputs.flatMap((_, input) =>
      explainers.map((_, explainer): Cell => ({ stage: 'explain', input, explainer })),
    ),
    ...inputs.flatMap((_, input) => metrics.map((_, metric): Cell => ({ stage: 'measure', input, metric }))),
  ];
}

/** The name of a cell in its plan. 'explain-0003-01' is input 3 by explainer 1, both counted from 0. */
export function cellName(cell: Cell): string {
  const other = cell.stage === 'explain' ? cell.explainer : cell.metric;
  return `${cell.stage}-${String(cell.input).padStart(4, '0')}-${String(other).padStart(2, '0')}`;
}

/** Parses the text of a plan. Throws `file-format` where it is not one. */
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

/** The fields in which two plans differ, a text each such as 'seed: 0 before, 1 now'. Empty where the plans are equal. */
export function planDifferences(before: Plan, now: Plan): readonly string[] {
  const [old, fresh] = [before, now].map((each) => new Map(leavesOf(JSON.parse(JSON.stringify(each)), '')));
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  return names
    .filter((name) => old.get(name) !== fresh.get(name))
    .map((name) => `${name}: ${old.get(name) ?? 'nothing'} before, ${fresh.get(name) ?? 'nothing'} now`);
}

/** The path and the text of every leaf of a JSON value. */
function leavesOf(value: unknown, path: string): readonly (readonly [path: string, text: string])[] {
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, JSON.stringify(value)]];
  const child = (name: string) =>
    Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
  return entries.flatMap(([name, each]) => leavesOf(each, child(name)));
}
