import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Attribution, sizeOfAttribution } from '@onnxplain/core';
import { expectOtherFile, expectWritable, type NamedInput } from '@onnxplain/files';
import { targetText } from '@onnxplain/report';
import { loadPlugins } from '../expression/load-plugin.js';
import { make } from '../expression/registry.js';
import { layoutNotices } from '../pipeline/notices/layout.js';
import { factsOfExplanations, notifierOf } from '../pipeline/notices/notifier.js';
import { type Prepared, prepare } from '../pipeline/prepare.js';
import { describeFunction } from '../pipeline/query/describe-function.js';
import { seriesOf } from '../pipeline/record/draw.js';
import { inputRecord } from '../pipeline/record/record.js';
import { type Explanation, explainInputs } from '../pipeline/run/evaluate.js';
import { perToken } from '../pipeline/tokens.js';
import { checkExpressions } from './check-expressions.js';
import type { ExplainedFunction, ExplainedInput, ExplainedValues, ExplainOutcome } from './explained.js';
import { EXIT } from './failure.js';
import { endingOf, memoryOf, type QueryFlags } from './flags.js';
import { fileOptions } from './model-flags.js';
import type { Notices } from './streams.js';
import { WRITTEN_ENDINGS, writers } from './write-explained.js';

export interface ExplainFlags extends QueryFlags {
  readonly explainer: string;
  readonly out?: string;
}

/** Explains every input with one explainer, and writes the attributions where `-o` names a file. */
export async function explain(
  path: string,
  flags: ExplainFlags,
  context: { notices: Notices; signal?: AbortSignal },
): Promise<ExplainOutcome> {
  const plugins = await loadPlugins(flags.plugin ?? []);
  checkExpressions('explainer', [flags.explainer], plugins);
  const ending = flags.out === undefined ? undefined : endingOf(flags.out, WRITTEN_ENDINGS);
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

function featuresOf(input: NamedInput, attribution: Attribution): ExplainedValues['features'] {
  const series = seriesOf(input, attribution);
  return series?.inputs.map((value, i) => ({ name: series.names?.[i], input: value }));
}
