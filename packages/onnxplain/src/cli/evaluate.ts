import { join } from 'node:path';
import { expectWritable, type FileContent, writeFolder } from '@onnxplain/files';
import { page, type RunRecord } from '@onnxplain/report';
import { loadPlugins } from '../expression/load-plugin.js';
import { pluginSources } from '../expression/plugin.js';
import { make } from '../expression/registry.js';
import { layoutNotices } from '../pipeline/notices/layout.js';
import { notifierOf } from '../pipeline/notices/notifier.js';
import { type Prepared, prepare } from '../pipeline/prepare.js';
import { isCellFile } from '../pipeline/record/attribution-record.js';
import { environmentOf } from '../pipeline/record/environment.js';
import { type RecordOptions, recordFrom } from '../pipeline/record/record.js';
import { type LedgerRun, runPlan } from '../pipeline/run/ledger-run.js';
import { checkExpressions } from './check-expressions.js';
import { EXIT, type ExitCode } from './failure.js';
import { memoryOf, type QueryFlags } from './flags.js';
import { fileOptions } from './model-flags.js';
import { jsonText } from './printable.js';
import type { Notices } from './streams.js';

export interface EvaluateFlags extends QueryFlags {
  readonly explainer: readonly string[];
  readonly metric: readonly string[];
  readonly out: string;
  readonly resume?: boolean;
}

/** Name of the folder, inside the output folder, that holds the ledger until the record is written. */
const LEDGER = 'ledger';

/** The record and files that `evaluate` wrote, and the exit code. */
export interface Evaluated {
  readonly exit: ExitCode;
  readonly record: RunRecord;
  readonly files: readonly string[];
}

/**
 * Explains inputs, measures the explanations, and writes record.json, report.html, pictures/ and attributions/ into a folder. During the
 * run, finished cells are written to ledger/ in that folder. It is removed when the record is written, and kept when the run is stopped.
 */
export async function evaluate(
  path: string,
  flags: EvaluateFlags,
  context: { notices: Notices; signal?: AbortSignal; command: readonly string[] },
): Promise<Evaluated> {
  const prepared = await prepareRun(path, flags);
  const { model } = prepared;
  try {
    const { notices, command, signal } = context;
    const explainers = flags.explainer.map((text) => make(text, 'explainer', prepared));
    const metrics = flags.metric.map((text) => make(text, 'metric', prepared));
    const notifier = notifierOf(prepared, explainers, notices.notice);
    notifier.before();
    layoutNotices(prepared, { ...flags, draws: true }).forEach(notices.notice);
    const run = await runPlan(prepared, {
      explainers,
      metrics,
      plugins: prepared.plugins,
      seed: flags.seed,
      folder: join(flags.out, LEDGER),
      resume: flags.resume,
      drawing: prepared.drawing,
      notifier,
      say: notices.notice,
      onProgress: notices.progress,
      memory: memoryOf(flags),
      batch: flags.batch,
      signal,
    });
    return await writeRun(flags.out, run, {
      model: prepared.about,
      environment: environmentOf(model),
      request: requestOf(prepared, command),
      notices: notifier.notices,
    });
  } finally {
    await model.close();
  }
}

/** Loads the plugins, checks the expressions and the output folder, then opens the model and reads the inputs. */
async function prepareRun(path: string, flags: EvaluateFlags): Promise<Prepared> {
  const plugins = await loadPlugins(flags.plugin ?? []);
  checkExpressions('explainer', flags.explainer, plugins);
  checkExpressions('metric', flags.metric, plugins);
  await expectWritable(flags.out);
  return prepare(path, { ...flags, ...fileOptions(flags), inputs: flags.input, plugins });
}

/** Writes the results of a run, then removes its ledger. */
async function writeRun(out: string, run: LedgerRun, options: RecordOptions): Promise<Evaluated> {
  const record = recordFrom(run.results, options);
  const files = await writeRecorded(out, record, run.files);
  await run.done();
  return { exit: exitOf(record), record, files };
}

/** Returns the command and the query in the form of the record. */
function requestOf(
  { queries: [query], meaning, preprocessing, feedRecord, plugins }: Prepared,
  command: readonly string[],
): RecordOptions['request'] {
  const { link, output = '', input, bounds } = query;
  return {
    // Without --resume, so that a resumed run has the same record as an uninterrupted one.
    command: command.filter((word) => word !== '--resume'),
    link,
    output,
    holds: meaning.holds,
    input,
    bounds,
    preprocessing: preprocessing && { ...preprocessing, mostPixels: undefined },
    feeds: Object.keys(feedRecord).length === 0 ? undefined : feedRecord,
    plugins: pluginSources(plugins),
  };
}

/** Writes the record, the report and their files. Returns the paths of record and report. */
async function writeRecorded(
  out: string,
  record: RunRecord,
  files: LedgerRun['files'],
): Promise<readonly string[]> {
  const pictures = new Map<string, Uint8Array>();
  for (const [name, read] of files) if (name.endsWith('.png')) pictures.set(name, await read());
  const all = new Map<string, FileContent>(files);
  all.set('report.html', page(record, pictures));
  all.set('record.json', jsonText(record, 1));
  await writeFolder(out, all, isCellFile);
  return ['record.json', 'report.html'].map((name) => join(out, name));
}

/** Returns the exit code. Only cells that failed count as failures, not those whose method does not apply to the input. */
function exitOf({ attributions, estimates }: RunRecord): ExitCode {
  const cells = [...attributions, ...estimates];
  if (!cells.some(({ status }) => status === 'failed')) return EXIT.done;
  return cells.some(({ status }) => status === 'done') ? EXIT.partly : EXIT.failed;
}
