import { join } from 'node:path';
import { expectWritable, writeFolder } from '@onnxplain/files';
import { page, type RunRecord } from '@onnxplain/report';
import { make } from '../expression/house.js';
import { evaluate as evaluateAll } from '../pipeline/evaluate.js';
import { notifierOf } from '../pipeline/notices/run.js';
import { type Prepared, prepare } from '../pipeline/prepare.js';
import { environmentOf, type Recorded, type RecordOptions, recordOf } from '../pipeline/record.js';
import { EXIT, type ExitCode } from './failure.js';
import type { QuestionFlags } from './flags.js';
import { expectMade } from './made.js';
import type { Notices } from './streams.js';
import { untoldLayout } from './untold-layout.js';

export interface EvaluateFlags extends QuestionFlags {
  readonly explainer: readonly string[];
  readonly metric: readonly string[];
  readonly out: string;
}

/** What `evaluate` left, and how it ends. */
export interface Evaluated {
  readonly exit: ExitCode;
  readonly record: RunRecord;
  readonly files: readonly string[];
}

/** Explains, measures, and writes record.json, report.html, pictures/ and attributions/ into a folder. */
export async function evaluate(
  path: string,
  flags: EvaluateFlags,
  context: { notices: Notices; signal?: AbortSignal; command: readonly string[] },
): Promise<Evaluated> {
  expectMade('explainer', flags.explainer);
  expectMade('metric', flags.metric);
  await expectWritable(flags.out);
  const prepared = await prepare(path, { ...flags, inputs: flags.input, signal: context.signal });
  const { model, about, loaded, asked, drawing } = prepared;
  try {
    const { notices, command } = context;
    const explainers = flags.explainer.map((text) => make(text, 'explainer', prepared));
    const metrics = flags.metric.map((text) => make(text, 'metric', prepared));
    const notifier = notifierOf(prepared, explainers, notices.notice);
    notifier.before();
    untoldLayout(prepared, { ...flags, draws: true }).forEach(notices.notice);
    const options = { ...asked, explainers, metrics, seed: flags.seed, onProgress: notices.progress };
    const evaluation = await evaluateAll(model, loaded.inputs, options);
    await notifier.after(evaluation.explanations);
    notifier.measured(evaluation);
    const recorded = recordOf(evaluation, {
      model: about,
      environment: environmentOf(model),
      request: requestOf(prepared, command),
      drawing,
      notices: notifier.said,
    });
    const { record } = recorded;
    return { exit: exitOf(record), record, files: await writeRecorded(flags.out, recorded) };
  } finally {
    await model.close();
  }
}

/** What was asked, as the record has it. */
function requestOf(
  { asked, meaning, preprocessing, fed }: Prepared,
  command: readonly string[],
): RecordOptions['request'] {
  const { link = 'logit', output = '', input, bounds } = asked;
  return {
    command,
    link,
    output,
    holds: meaning.holds,
    input,
    bounds,
    preprocessing: preprocessing && { ...preprocessing },
    feeds: Object.keys(fed).length === 0 ? undefined : fed,
  };
}

/** Writes the record, its page and their files; names those to begin with. */
async function writeRecorded(out: string, { record, files }: Recorded): Promise<readonly string[]> {
  const all = new Map<string, Uint8Array | string>(files);
  all.set('report.html', page(record, files));
  all.set('record.json', `${JSON.stringify(record, null, 1)}\n`);
  await writeFolder(out, all);
  return ['record.json', 'report.html'].map((name) => join(out, name));
}

/** A cell that does not apply is an answer; a cell that failed is not. */
function exitOf({ attributions, estimates }: RunRecord): ExitCode {
  const cells = [...attributions, ...estimates];
  if (!cells.some(({ status }) => status === 'failed')) return EXIT.done;
  return cells.some(({ status }) => status === 'done') ? EXIT.partly : EXIT.failed;
}
