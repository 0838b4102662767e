import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import {
  type Attribution,
  counted,
  fail,
  sizeOfAttribution,
  stackAlong,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import {
  expectOtherFile,
  expectWritable,
  type NamedInput,
  writeFolder,
  writeNpy,
  writeWhole,
} from '@onnxplain/files';
import type { Link } from '@onnxplain/graph';
import { formatNumber, type InputRecord, type Missing, targetText, tokenRuns } from '@onnxplain/report';
import type { OutputMeaning } from '@onnxplain/runtime';
import { loadPlugins } from '../expression/load-plugin.js';
import { make } from '../expression/registry.js';
import { layoutNotices } from '../pipeline/notices/layout.js';
import { factsOfExplanations, notifierOf } from '../pipeline/notices/notifier.js';
import { type Prepared, prepare } from '../pipeline/prepare.js';
import { describeFunction } from '../pipeline/query/describe-function.js';
import { drawAttribution, seriesOf } from '../pipeline/record/draw.js';
import { inputRecord } from '../pipeline/record/record.js';
import { type Explanation, explainInputs } from '../pipeline/run/evaluate.js';
import type { Outcome } from '../pipeline/run/outcome.js';
import { perToken } from '../pipeline/tokens.js';
import { showBars } from './bars.js';
import { checkExpressions } from './check-expressions.js';
import { EXIT, type ExitCode } from './failure.js';
import { endingOf, memoryOf, type QueryFlags } from './flags.js';
import { showInput, showTop } from './input.js';
import { fileOptions } from './model-flags.js';
import { jsonText } from './printable.js';
import type { Notices } from './streams.js';

export interface ExplainFlags extends QueryFlags {
  readonly explainer: string;
  readonly out?: string;
}

/** The result of `explain`, with its exit code. */
export interface ExplainOutcome {
  readonly exit: ExitCode;
  readonly explainer: string;
  /** Name of the model input or inner value that was explained. */
  readonly input: string;
  /** The function that was explained. */
  readonly f: ExplainedFunction;
  /** The notices of the run: see docs/notices.md. */
  readonly notices: readonly string[];
  readonly files: readonly string[];
  readonly explanations: readonly ExplainedInput[];
}

/** The explained function f: its output, its link, what the output holds and how that is known. */
export interface ExplainedFunction extends Pick<OutputMeaning, 'output' | 'holds' | 'evidence'> {
  readonly link: Link;
  /** Description of f in words. */
  readonly text: string;
}

export type ExplainedInput = (InputRecord & ({ readonly status: 'done' } & Values)) | (InputRecord & Missing);

interface Values extends Pick<Attribution, 'kind' | 'cost' | 'residual' | 'diagnosis' | 'details' | 'key'> {
  /** Sum of the attributions; a number that several elements share counts once. */
  readonly sum: number;
  /** Euclidean norm of the same numbers. */
  readonly norm: number;
  /** How many groups of elements share one number each; absent: every element has its own number. */
  readonly groups?: number;
  /** Row major, in the input's shape; only where no file was written. */
  readonly values?: readonly number[];
  /** One number for each token of the input (see `perToken`); only where no file was written. */
  readonly perToken?: readonly number[];
  /** The elements of a one-dimensional input, in the order of `values`. */
  readonly features?: readonly Feature[];
}

/** An element of a one-dimensional input. */
interface Feature {
  /** Its name; absent where neither the file nor the model card has one. */
  readonly name?: string;
  /** Its value in the input; null where the number is missing. */
  readonly input: number | null;
}

const ENDINGS = ['.npy', '.png', '.json'] as const;

/** Explains every input with one explainer, and writes the attributions where `-o` names a file. */
export async function explain(
  path: string,
  flags: ExplainFlags,
  context: { notices: Notices; signal?: AbortSignal },
): Promise<ExplainOutcome> {
  const plugins = await loadPlugins(flags.plugin ?? []);
  checkExpressions('explainer', [flags.explainer], plugins);
  const ending = flags.out === undefined ? undefined : endingOf(flags.out, ENDINGS);
  if (flags.out !== undefined) await expectPlace(flags.out, [path, ...flags.input]);
  const prepared = await prepare(path, { ...flags, ...fileOptions(flags), inputs: flags.input, plugins });
  try {
    const explainer = make(flags.explainer, 'explainer', prepared);
    const notifier = notifierOf(prepared, [explainer], context.notices.notice);
    notifier.before();
    const uses = { explainer: [flags.explainer], draws: ending === '.png' };
    layoutNotices(prepared, uses).forEach(context.notices.notice);
    const explanations = await explainInputs(prepared, {
      explainers: [explainer],
      seed: flags.seed,
      batch: flags.batch,
      signal: context.signal,
      onProgress: context.notices.progress,
      say: context.notices.notice,
      memory: memoryOf(flags),
    });
    await notifier.explained(factsOfExplanations(explanations));
    const head = {
      explainer: explainer.expression,
      input: prepared.queries[0].input,
      f: functionOf(prepared, explanations),
      notices: notifier.notices,
    };
    const result = resultOf(head, explanations);
    if (flags.out === undefined || ending === undefined || !result.explanations.some(isDone)) return result;
    const files = await writers[ending]({ out: flags.out, prepared, explanations, result });
    return { ...result, files, explanations: result.explanations.map(withoutValues) };
  } finally {
    await prepared.model.close();
  }
}

/** Throws where the output cannot be written, or is a file that the command reads. */
async function expectPlace(out: string, reads: readonly string[]): Promise<void> {
  const files = reads.map((word) => (existsSync(word) ? word : word.replace(/^[^=]*=/, '')));
  await expectOtherFile(
    out,
    files.map((file) => ['a file that the command reads', file]),
  );
  await expectWritable(dirname(out));
}

/** Describes the explained function. The text names the target where it is the same for all inputs. */
function functionOf(
  { meaning, queries: [{ link }] }: Prepared,
  explanations: readonly Explanation[],
): ExplainedFunction {
  const { output, holds, evidence } = meaning;
  const targets = new Set(explanations.map(({ input }) => targetText(inputRecord(input))));
  const target = {
    text: targets.size === 1 ? [...targets][0] : "each input's target",
    isClass: explanations.every(({ input }) => input.elements === 'classes'),
  };
  return { output, link, holds, evidence, text: describeFunction(meaning, link, target) };
}

/** Returns the result before files are written. */
function resultOf(
  head: Pick<ExplainOutcome, 'explainer' | 'input' | 'f' | 'notices'>,
  explanations: readonly Explanation[],
): ExplainOutcome {
  const inputs = explanations.map(explainedInput);
  const done = inputs.filter(isDone).length;
  const exit = done === inputs.length ? EXIT.done : done === 0 ? EXIT.failed : EXIT.partly;
  return { exit, ...head, files: [], explanations: inputs };
}

const isDone = ({ status }: ExplainedInput): boolean => status === 'done';

function withoutValues(input: ExplainedInput): ExplainedInput {
  return input.status === 'done' ? { ...input, values: undefined, perToken: undefined } : input;
}

function explainedInput({ input: scored, attributions: [outcome] }: Explanation): ExplainedInput {
  const input = inputRecord(scored);
  if (outcome.status !== 'done') return { ...input, ...outcome };
  const { values, kind, cost, residual, diagnosis, details, key } = outcome.value;
  const found = {
    kind,
    cost,
    residual,
    diagnosis,
    details,
    key,
    ...sizeOfAttribution(outcome.value),
    groups: outcome.value.features?.count,
    values: [...values.data],
    perToken: input.tokens && perToken(outcome.value),
    features: featuresOf(scored, outcome.value),
  };
  return { ...input, status: 'done', ...found };
}

function featuresOf(input: NamedInput, attribution: Attribution): Values['features'] {
  const series = seriesOf(input, attribution);
  return series?.inputs.map((value, i) => ({ name: series.names?.[i], input: value }));
}

interface Writing {
  readonly out: string;
  readonly prepared: Prepared;
  readonly explanations: readonly Explanation[];
  readonly result: ExplainOutcome;
}

/** Writers of output files by file extension. Each returns the paths of the files that it wrote. */
const writers: Readonly<Record<(typeof ENDINGS)[number], (writing: Writing) => Promise<readonly string[]>>> =
  {
    async '.json'({ out, result }) {
      await writeWhole(out, jsonText(result, 2));
      return [out];
    },
    async '.npy'({ out, prepared, explanations }) {
      const values = explanations.map(writtenValues);
      const whole = prepared.form.batched ? stackAlong(values, prepared.form.axis) : values[0];
      await writeWhole(out, writeNpy(whole, prepared.form.form));
      return [out];
    },
    async '.png'({ out, prepared, explanations }) {
      const drawn = explanations.map(({ input, attributions: [outcome] }) => {
        const picture = drawAttribution(input, allDone(outcome), prepared.drawing);
        return picture?.png ?? refusePicture(input.tensor.shape);
      });
      const names = explanations.map(({ input }, i) =>
        drawn.length === 1 ? out : out.replace(/\.png$/i, `-${i}-${fileWord(input.name)}.png`),
      );
      await writeFolder(dirname(out), new Map(drawn.map((png, i) => [basename(names[i]), png])));
      return names;
    },
  };

/** Turns the name of an input into a part of a file name: "cat.jpg" becomes cat, "many.npy[3]" becomes many-3. */
function fileWord(name: string): string {
  const word = name.replace(/\.[a-z]+(?=$|\[)/i, '');
  return word.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
}

/** Returns the numbers to write, in the shape of the input; where the input was token ids, one number for each token. */
function writtenValues({ input, attributions: [outcome] }: Explanation): Tensor {
  const attribution = allDone(outcome);
  if (input.tokens === undefined) return attribution.values;
  return tensor(perToken(attribution), [input.tokens.length]);
}

/** Returns the attribution. Throws `not-applicable` where there is none: an array cannot mark missing rows. */
function allDone(outcome: Outcome<Attribution>): Attribution {
  if (outcome.status === 'done') return outcome.value;
  return fail({
    code: 'not-applicable',
    where: '-o',
    expected: 'every input explained',
    got: outcome.reason,
    remedy: 'Write a .json file, which can hold attributions and failures.',
  });
}

function refusePicture(shape: readonly number[]): never {
  return fail({
    code: 'not-applicable',
    where: '-o',
    expected: 'inputs that are pictures for a .png file',
    got: `inputs of shape [${shape.join(', ')}]`,
    remedy: 'Write a .npy or .json file.',
  });
}

/** Formats the result for a terminal: the explainer, f, and for each input its prediction and its attribution. */
export function showExplained({ explainer, f, files, explanations }: ExplainOutcome): string {
  const lines = explanations.map((each) => {
    if (each.status !== 'done') return `${showInput(each)}\n  ${each.status}: ${each.reason}\n`;
    return `${showInput(each)}\n${showTop(each)}  ${showValues(each)}\n${showTokens(each)}${showFeatures(each)}`;
  });
  return `${explainer}\nf = ${f.text}\n${lines.join('')}${files.map((file) => `wrote ${file}\n`).join('')}`;
}

function showValues({ kind, sum, norm: length, groups, residual, details, cost }: Values): string {
  const grouped = groups === undefined ? '' : ` of ${counted(groups, 'group')} of elements`;
  const rest = residual === undefined ? '' : `, residual ${formatNumber(residual)}`;
  const rows = `${cost.forward} forward and ${counted(cost.backward, 'backward row')}`;
  return `${kind}${grouped}, sum ${formatNumber(sum)}, norm ${formatNumber(length)}${rest}; ${rows}${showDetails(details)}`;
}

const showDetails = (details: Values['details'] = {}): string =>
  Object.entries(details)
    .map(([name, value]) => `\n  ${name}: ${typeof value === 'number' ? formatNumber(value) : value}`)
    .join('');

function showFeatures({ features, values }: Values): string {
  if (features === undefined || values === undefined) return '';
  const names = features.map(({ name }, i) => name ?? `feature ${i}`);
  return showBars({ inputs: features.map(({ input }) => input), values, names });
}

/** Formats one line for each token: its number, and its text or else its id. Equal tokens in a row share one line. */
function showTokens({ tokens, perToken }: InputRecord & Values): string {
  if (tokens === undefined || perToken === undefined) return '';
  const width = Math.max(...perToken.map((number) => formatNumber(number).length));
  const lines = tokenRuns(tokens, perToken).map(({ id, text, value, times }) => {
    const often = times === 1 ? '' : `, ${times} times`;
    return `  ${formatNumber(value).padStart(width)}  ${text ?? id}${often}\n`;
  });
  return lines.join('');
}
