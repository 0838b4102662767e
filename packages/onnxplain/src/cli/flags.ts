import { fail } from '@onnxplain/core';
import { LAYOUTS } from '@onnxplain/files';
import { type Command, Option } from 'commander';
import type { ModelOptions } from '../pipeline/model.js';
import type { PrepareOptions } from '../pipeline/prepare-options.js';
import { batchAxis, integer, number, numbers, pair, positive, size, whole } from './flag-values.js';
import { type FileFlags, type FileOptions, withFileFlags } from './model-flags.js';
import { withTableFlags } from './table-flags.js';

/** Default of `grad --external-above`, in bytes: less than the 2 GiB that one protobuf message may have, to leave room for the nodes. */
export const EXTERNAL_ABOVE = 2_000_000_000;

/** Flags of every command. Commands that do not need them ignore them, so that a script can pass the same flags to all commands. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly device: NonNullable<ModelOptions['device']>;
  readonly seed: number;
}

/** Limits of the process that a command runs in. */
export interface LimitFlags {
  /** Seconds. */
  readonly timeLimit?: number;
  /** MiB. */
  readonly memoryLimit?: number;
}

/** Bytes that the process of a command may hold. */
export const memoryOf = ({ memoryLimit }: LimitFlags): number | undefined =>
  memoryLimit === undefined ? undefined : memoryLimit * 2 ** 20;

/** Flags of commands that open a model. */
export interface ModelFlags extends CommonFlags, LimitFlags, FileFlags, Pick<ModelOptions, 'externalData'> {}

/** Flags of commands that run a model. */
export interface RunFlags extends ModelFlags {
  readonly batch?: number;
  readonly threads?: number;
  /** Microseconds. */
  readonly spin?: number;
}

/** Flags of commands that explain inputs. */
export interface QueryFlags
  extends RunFlags,
    PluginFlags,
    Omit<PrepareOptions, 'inputs' | 'plugins' | 'device' | keyof FileOptions> {
  readonly input: readonly string[];
}

/** Adds the flags of every command. */
export function withCommonFlags(command: Command): Command {
  return command
    .option('--json', 'result as JSON on stdout, errors as JSON on stderr')
    .option('--quiet', 'no notices and no progress on stderr')
    .addOption(
      new Option('--device <name>', 'where a model is opened and runs')
        .choices(['auto', 'cpu', 'cuda', 'webgpu'])
        .default('auto'),
    )
    .addOption(
      new Option('--seed <n>', 'seed of all random draws: the same seed gives the same draws')
        .argParser(whole)
        .default(0),
    );
}

/** Adds the flags of commands that open a model. */
export function withModelFlags(command: Command): Command {
  return withFileFlags(withCommonFlags(command))
    .option(
      '--external-data <folder>',
      'folder of the files that the model may keep weights in (default: the folder of the model)',
    )
    .option('--time-limit <seconds>', 'ends the command after so many seconds (default: no limit)', positive)
    .option(
      '--memory-limit <MiB>',
      'ends the command when it holds more memory (default: nine tenths of what the machine has)',
      positive,
    );
}

/** Flags of commands that read expressions. */
export interface PluginFlags {
  readonly plugin?: readonly string[];
}

/** Adds the flags of commands that read expressions. */
export function withPluginFlags(command: Command): Command {
  return command.option(
    '--plugin <file...>',
    'ES modules with explainers, metrics, perturbations and attacks of your own; a plugin is code that runs with your rights',
  );
}

/** Adds the flags of commands that run a model. */
export function withRunFlags(command: Command): Command {
  return withModelFlags(command)
    .option('--batch <rows>', 'largest number of rows in one run of the model (default: measured)', positive)
    .option(
      '--threads <n>',
      'most threads that one operator may use; small runs get one (default: all cores)',
      positive,
    )
    .option(
      '--spin <microseconds>',
      'how long threads wait for the next operator before they sleep; 30 is faster for long work on a machine that runs nothing else (default: 0)',
      whole,
    );
}

/**
 * Adds a required flag. It is checked after all flags are parsed, so that a misspelt flag is reported as unknown. The required options of
 * commander would only report the correct flag as missing.
 */
export function withRequired(command: Command, flags: string, description: string): Command {
  const option = new Option(flags, `${description} (required)`);
  return command.addOption(option).hook('preAction', () => {
    if (command.getOptionValue(option.attributeName()) !== undefined) return;
    fail({ code: 'usage', where: flags, expected: description, got: 'nothing' });
  });
}

const TARGET =
  'a class by its number or, as the model card has it, its name; one per input with commas between them; or "predicted". Of an output with several ' +
  'axes, one entry for each axis after the batch axis, with colons between them: an index, sum or max over the axis, a name on the axis of classes, or ' +
  'predicted: 4:900 is one element, 3:sum:sum class 3 summed over all pixels, predicted:4:5 the best class at a pixel; one number alone is an element ' +
  'of the flattened output. Digits are always a number: a name that is one, or has commas or colons, goes in double quotes, as in --target \'"7"\'';

const LINK =
  'what is explained: the entry of the output as it stands; the probability of the class, made of logits by a softmax or, where --holds says so, ' +
  "a sigmoid, and taken as it is where the output holds probabilities; or the entry less the best other one, of one number for two classes its logit (default: the card's, or logit)";

const RULES =
  'backward rules of explainers that use the gradient of the score (gradient, integrated-gradients, smooth, ...), such as straight-through, which lets gradients pass the rounding of quantised models (default: the derivative)';

const HOLDS =
  "what the output holds (default: the card's, else what the graph shows, else what the values of the output show)";

/** Adds the flag that names the files to explain. */
export function withInput(command: Command): Command {
  return withRequired(
    command,
    '--input <file...>',
    '.npy, .npz, .png, .jpg, .csv or .tsv files, or folders of them; of several inputs NAME=FILE, with a row of each for every explained one',
  );
}

/** Adds the flags that say what is explained of which inputs, and how tables and pictures become inputs. */
export function withQueryFlags(command: Command): Command {
  withOutputFlags(command.optionsGroup('What is explained:'));
  withValueFlags(command.optionsGroup('Inputs:'));
  withTableFlags(command.optionsGroup('Tables:'));
  return withPictureFlags(command.optionsGroup('Pictures:'));
}

/** Adds the flags that say which number of the output is explained. */
function withOutputFlags(command: Command): Command {
  return command
    .option('--target <class>', TARGET, 'predicted')
    .option(
      '--target-mask <file.npy>',
      'weights of what the target sums, 0 and 1 for a mask: an array over the axes with sum, or with one more axis in front one for each input',
    )
    .option(
      '--class-axis <n>',
      "which axis of an output with several has the classes, as --target counts them: 0 the first after the batch, -1 the last (default: the card's, else the one that the graph shows, else the axis whose size is the number of labels)",
      integer,
    )
    .option('--output <name>', "output or inner value to explain (default: the card's, or the only one)")
    .option('--rules <expression>', RULES)
    .addOption(new Option('--link <name>', LINK).choices(['logit', 'probability', 'margin']))
    .addOption(new Option('--holds <what>', HOLDS).choices(['logits', 'probabilities', 'log-probabilities']));
}

/** Adds the flags that say which values go into the model, and which of them is explained. */
function withValueFlags(command: Command): Command {
  return command
    .option(
      '--wrt <name>',
      "input to explain, or an inner value such as an embedding, which --input then holds, or the token ids it is made of (default: the card's, the only float input, or the only embedding)",
    )
    .option(
      '--feed <name=value...>',
      'value of a further input, for every explained one: NAME=FILE.npy, or NAME=NUMBER for a number everywhere',
    )
    .option(
      '--rows <numbers>',
      'rows of tables and arrays that are explained, such as 3,5 or 0:10 (default: all)',
    )
    .option(
      '--batch-axis <axis...>',
      'axis that the rows of the explained input lie along, from 0, or none where a whole array is one input; NAME=AXIS for another input or an output (default: determined from the model)',
      batchAxis,
    )
    .option('--bounds <low,high>', 'lowest and highest value that an input element can have', pair)
    .addOption(
      new Option(
        '--layout <name>',
        "what the axes of the explained input are, for pictures and for all that works on positions (square, occlusion, grad-cam): channels first (nchw) or last (nhwc), or of a sequence ncw or nwc (default: the card's, else what the model shows)",
      ).choices(LAYOUTS),
    );
}

/** Adds the flags that say how pictures become inputs. */
function withPictureFlags(command: Command): Command {
  return command
    .option('--size <height,width>', 'height and width of the input, where the model leaves them open', size)
    .option(
      '--resize <pixels>',
      'length to which the short side is resized before the middle is cut out',
      positive,
    )
    .option(
      '--most-pixels <n>',
      'larger pictures are refused before anything is unpacked (default: 67108864, 8192 by 8192)',
      positive,
    )
    .addOption(
      new Option('--channels <order>', 'order of the colour channels that the model takes').choices([
        'rgb',
        'bgr',
        'grey',
      ]),
    )
    .option('--scale <number>', 'factor of the pixel values 0..255, applied first', number)
    .option(
      '--mean <numbers>',
      'subtracted from the scaled pixels: one number, or one for each channel',
      numbers,
    )
    .option('--std <numbers>', 'divides the pixels last: one number, or one for each channel', numbers);
}

/** Returns the file extension of an output file. Throws `usage` for an extension that is not in `endings`. */
export function endingOf<E extends string>(path: string, endings: readonly E[]): E {
  const found = endings.find((ending) => path.toLowerCase().endsWith(ending));
  if (found !== undefined) return found;
  return fail({
    code: 'usage',
    where: '-o',
    expected: `a file that ends in ${endings.join(', ')}`,
    got: path,
  });
}
