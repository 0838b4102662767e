import { join } from 'node:path';
import { expectWritable, type FileContent, writeFolder } from '@onnxplain/files';
import { page, type RunRecord } from '@onnxplain/report';
import { make } from '../expression/registry.js';
import { notifierOf } from '../pipeline/notices/run.js';
import { untoldLayout } from '../pipeline/notices/untold-layout.js';
import { type Prepared, prepare } from '../pipeline/prepare.js';
import { environmentOf, type RecordOptions, recordFrom } from '../pipeline/record.js';
import { type LedgerRun, runPlan } from '../pipeline/run.js';
import { EXIT, type ExitCode } from './failure.js';
import type { QuestionFlags } from './flags.js';
import { expectMade } from './made.js';
import type { Notices } from './streams.js';

export interface EvaluateFlags extends QuestionFlags {
  readonly explainer: readonly string[];
  readonly metric: readonly string[];
  readonly out: string;
  readonly resume?: boolean;
}

/** The folder inside the output folder where finished cells are kept while a run goes on. */
const LEDGER = 'ledger';

/** What `evaluate` left, and how it ends. */
export interface Evaluated {
  readonly exit: ExitCode;
  readonly record: RunRecord;
  readonly files: readonly string[];
}

/**
 * Explains, measures, and writes record.json, report.html, pictures/ and attributions/ into a folder. While it runs, finished
 * cells are kept in
 * the folder's ledger/; it goes away when the record is written, and stays where the run is stopped.
 */
export async function evaluate(
  path: string,
  flags: EvaluateFlags,
  context: { notices: Notices; signal?: AbortSignal; command: readonly string[] },
): Promise<Evaluated> {
  expectMade('explainer', flags.explainer);
  expectMade('metric', flags.metric);
  await expectWritable(flags.out);
  const prepared = await prepare(path, { ...flags, inputs: flags.input, signal: context.signal });
  const { model } = prepared;
  try {
    const { notices, command } = context;
    const explainers = flags.explainer.map((text) => make(text, 'explainer', prepared));
    const metrics = flags.metric.map((text) => make(text, 'metric', prepared));
    const notifier = notifierOf(prepared, explainers, notices.notice);
    notifier.before();
    untoldLayout(prepared, { ...flags, draws: true }).forEach(notices.notice);
    const run = await runPlan(
      { ...prepared, inputs: prepared.loaded.inputs },
      {
        explainers,
        metrics,
        seed: flags.seed,
        folder: join(flags.out, LEDGER),
        resume: flags.resume,
        drawing: prepared.drawing,
        notifier,
        say: notices.notice,
        onProgress: notices.progress,
      },
    );
    const request = requestOf(prepared, command);
    return await leave(flags.out, run, {
      model: prepared.about,
      environment: environmentOf(model),
      request,
      notices: notifier.said,
    });
  } finally {
    await model.close();
  }
}

/** Writes what a run found out; its ledger has done its work then. */
async function leave(out: string, run: LedgerRun, options: RecordOptions): Promise<Evaluated> {
  const record = recordFrom(run.results, options);
  const files = await writeRecorded(out, record, run.files);
  await run.done();
  return { exit: exitOf(record), record, files };
}

/** What was asked, as the record has it. */
function requestOf(
  { asked, meaning, preprocessing, fed }: Prepared,
  command: readonly string[],
): RecordOptions['request'] {
  const { link = 'logit', output = '', input, bounds } = asked;
  return {
    // The same run, whether or not it was taken up.
    command: command.filter((word) => word !== '--resume'),
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
async function writeRecorded(
  out: string,
  record: RunRecord,
  files: LedgerRun['files'],
): Promise<readonly string[]> {
  const pictures = new Map<string, Uint8Array>();
  for (const [name, read] of files) if (name.endsWith('.png')) pictures.set(name, await read());
  const all = new Map<string, FileContent>(files);
  all.set('report.html', page(record, pictures));
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
