import { loweringTargetNames } from '@onnxplain/graph';
import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.js';
import type { EvaluateFlags } from './evaluate.js';
import { excessValue, refuseRepeatedFlags } from './excess-value.js';
import type { ExplainFlags } from './explain.js';
import { EXIT, type ExitCode, failureOf, showFailure } from './failure.js';
import { whole } from './flag-values.js';
import {
  type CommonFlags,
  EXTERNAL_ABOVE,
  type LimitFlags,
  memoryOf,
  type PluginFlags,
  withCommonFlags,
  withInput,
  withModelFlags,
  withPluginFlags,
  withQueryFlags,
  withRequired,
  withRunFlags,
} from './flags.js';
import type { GradFlags } from './grad.js';
import type { InspectFlags } from './inspect.js';
import type { Began } from './messages.js';
import { misplacedFlag } from './misplaced-flag.js';
import { jsonText, printable } from './printable.js';
import { addReproduceFlags, expectNoTableFlags, type ReproduceFlags } from './reproduce-flags.js';
import { type Notices, noticesTo, type Streams } from './streams.js';

export interface MainOptions extends Streams {
  /** Stops the command; no incomplete file is left. */
  readonly signal?: AbortSignal;
  /** Called once the arguments are parsed, by commands that read a model. */
  readonly began?: (began: Began) => void;
}

/**
 * The command line: runs one command and returns the exit code, 0 done, 1 failed, 2 wrong usage, 3 partly done, 130 stopped.
 * `argv`: the arguments without the paths of node and the script.
 */
export async function main(argv: readonly string[], options: MainOptions): Promise<ExitCode> {
  const run: Invocation = { argv, ...options, exit: EXIT.done };
  const program = programOf(run);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return run.exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    const given = { program, argv };
    const failure = failureOf(misplacedFlag(error, given) ?? excessValue(error, given) ?? error);
    options.err.write(printable(showFailure(failure, argv.includes('--json'))));
    return failure.exit;
  }
}

/** One call of the command line; `exit` is set by the command. */
interface Invocation extends MainOptions {
  readonly argv: readonly string[];
  exit: ExitCode;
}

function programOf(run: Invocation): Command {
  const program = new Command('onnxplain')
    .description('Gradients, explanations and measured faithfulness for any ONNX model')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => run.out.write(text),
      writeErr: (text) => run.err.write(text),
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      '\nonnxplain list shows all explainers, metrics, perturbations, attacks, solvers and backward rules with their options.',
    );
  addInspect(program, run);
  addGrad(program, run);
  addExplain(program, run);
  addEvaluate(program, run);
  addReproduce(program, run);
  addList(program, run);
  refuseRepeatedFlags(program);
  program.hook('preAction', (_, action) => run.began?.(beganOf(action)));
  return program;
}

function beganOf(action: Command): Began {
  const flags = action.opts<LimitFlags & { readonly out?: string }>();
  const [seconds, memoryBytes] = [flags.timeLimit, memoryOf(flags)];
  return {
    command: action.name(),
    subject: action.args[0] ?? '',
    limits: { seconds, memoryBytes },
    out: flags.out,
  };
}

function addInspect(program: Command, run: Invocation): void {
  withModelFlags(program.command('inspect <model>'))
    .description('inputs, outputs, opset, operators, parameters, hash and gradient coverage of a model')
    .option(
      '--values',
      'lists the inner values too, in the order of the graph: names for --output, --wrt and the layers of explainers',
    )
    .option(
      '--wrt <name...>',
      'inputs or inner values by which the gradient coverage is determined (default: each float input, or each embedding)',
    )
    .action(async (model: string, flags: InspectFlags) => {
      const { inspect } = await import('./inspect.js');
      const { showInspection } = await import('./show-inspection.js');
      writeResult(run, flags, { result: await inspect(model, flags), show: showInspection });
    });
}

function addGrad(program: Command, run: Invocation): void {
  withRequired(withModelFlags(program.command('grad <model>')), '-o, --out <file>', 'the .onnx file to write')
    .description("write the model's gradient as an ONNX model")
    .option('--of <name>', 'output or inner value to differentiate (default: the only float output)')
    .option(
      '--wrt <name...>',
      'inputs, inner values or weights to differentiate by (default: the only float input, or the only embedding)',
    )
    .option('--rules <expression>', 'backward rules, such as "lrp-epsilon(epsilon=0.01)"', 'gradient')
    .addOption(
      new Option(
        '--for <runtime>',
        "whose kernels the file is written for: any runtime, or ONNX Runtime's CPU, CUDA or WebGPU provider",
      )
        .choices(loweringTargetNames)
        .default('any'),
    )
    .addOption(
      new Option(
        '--external-above <bytes>',
        'weights of more bytes than this go to FILE.data, beside the model',
      )
        .argParser(whole)
        .default(EXTERNAL_ABOVE),
    )
    .action(async (model: string, flags: GradFlags) => {
      const { grad, showGradient } = await import('./grad.js');
      const result = await withNotices(run, flags, (notices) => grad(model, flags, notices));
      writeResult(run, flags, { result, show: showGradient });
    });
}

function addExplain(program: Command, run: Invocation): void {
  const command = withInput(program.command('explain <model>').optionsGroup('Required:'));
  withRequired(command, '--explainer <expression>', 'one such as "integrated-gradients(steps=50)"');
  withPluginFlags(withRunFlags(withQueryFlags(command).optionsGroup('Options:')))
    .description('explain inputs with one explainer')
    .option(
      '-o, --out <file>',
      '.npy (same form as the input), .png (input, heat map, overlay; of several inputs -0-NAME.png and so on) or .json',
    )
    .action(async (model: string, flags: ExplainFlags) => {
      const { explain } = await import('./explain.js');
      const { showExplained } = await import('./show-explained.js');
      const result = await withNotices(run, flags, (notices) =>
        explain(model, flags, { notices, signal: run.signal }),
      );
      run.exit = result.exit;
      writeResult(run, flags, { result, show: showExplained });
    });
}

function addEvaluate(program: Command, run: Invocation): void {
  const command = withInput(program.command('evaluate <model>').optionsGroup('Required:'));
  command.description('explain inputs with several explainers and measure the explanations');
  withRequired(command, '--explainer <expression...>', 'one or more, such as gradient');
  const metric = 'one or more, such as "infidelity(gaussian(0.1), draws=1000)"';
  withRequired(command, '--metric <expression...>', metric);
  command.option(
    '--resume',
    'go on with a run that was stopped, or try its failed cells again, from the finished cells in the folder',
  );
  const out = 'the folder for record.json, report.html, pictures/ and attributions/';
  withRequired(command, '-o, --out <folder>', out);
  withPluginFlags(withRunFlags(withQueryFlags(command).optionsGroup('Options:'))).action(
    async (model: string, flags: EvaluateFlags) => {
      const [{ evaluate }, { showTable }] = await Promise.all([
        import('./evaluate.js'),
        import('./table.js'),
      ]);
      const command = ['onnxplain', ...run.argv];
      const result = await withNotices(run, flags, (notices) =>
        evaluate(model, flags, { notices, signal: run.signal, command }),
      );
      run.exit = result.exit;
      writeResult(run, flags, { result: result.record, show: showTable });
      writeFileNames(run, flags, result.files);
    },
  );
}

function addReproduce(program: Command, run: Invocation): void {
  addReproduceFlags(program.command('reproduce <paper>')).action(
    async (paper: string, flags: ReproduceFlags, given: Command) => {
      const { paperNamed, papers, tableOf } = await import('@onnxplain/papers');
      const name = paperNamed(paper);
      if (flags.table === undefined) {
        expectNoTableFlags(given);
        const { showTables } = await import('./list-tables.js');
        return writeResult(run, flags, { result: papers[name], show: showTables });
      }
      const tables = flags.table.map((id) => tableOf(name, id));
      const { reproduce, showRecords } = await import('./reproduce.js');
      const command = ['onnxplain', ...run.argv];
      const result = await withNotices(run, flags, (notices) =>
        reproduce(tables, flags, { notices, signal: run.signal, command }),
      );
      run.exit = result.exit;
      writeResult(run, flags, { result: result.records, show: showRecords });
      writeFileNames(run, flags, result.files);
    },
  );
}

function writeFileNames(run: Invocation, { quiet }: CommonFlags, files: readonly string[]): void {
  if (quiet !== true) run.err.write(printable(files.map((file) => `wrote ${file}\n`).join('')));
}

function addList(program: Command, run: Invocation): void {
  withPluginFlags(withCommonFlags(program.command('list')))
    .description(
      'all explainers, metrics, perturbations, attacks, solvers and backward rules with options, defaults and what they do',
    )
    .action(async (flags: CommonFlags & PluginFlags) => {
      const [{ loadPlugins }, { catalogue }, { showCatalogue }] = await Promise.all([
        import('../expression/load-plugin.js'),
        import('../expression/registry.js'),
        import('./list.js'),
      ]);
      const plugins = await loadPlugins(flags.plugin ?? []);
      writeResult(run, flags, { result: catalogue(plugins), show: showCatalogue });
    });
}

async function withNotices<T>(
  run: Invocation,
  flags: CommonFlags,
  command: (notices: Notices) => Promise<T>,
): Promise<T> {
  const notices = noticesTo(run.err, flags.quiet === true);
  try {
    return await command(notices);
  } finally {
    notices.end();
  }
}

function writeResult<T>(
  run: Invocation,
  { json }: CommonFlags,
  { result, show }: { result: T; show: (result: T) => string },
): void {
  run.out.write(json === true ? jsonText(result, 2) : printable(show(result)));
}
