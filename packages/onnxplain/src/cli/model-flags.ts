import { defaultLimits, type Limits } from '@onnxplain/graph';
import { type Command, InvalidArgumentError } from 'commander';
import type { ModelOptions } from '../pipeline/model.js';
import { refuseSecond, whole } from './flag-values.js';

const SHAPE =
  'sizes of an input that the model leaves open, such as x=1,3,24,24; a name that other inputs share has its size there too';

const FIX =
  'a number that an input has in all of its elements, such as sr=16000, from now on: the input is gone, and branches that it chooses are decided';

const LIMIT = `a limit on what a model file may hold, such as nodes=2000000, for a file that you trust: ${Object.keys(defaultLimits).join(', ')}`;

/** What the flags that say how a model file is taken are called in a program. */
export type FileOptions = Pick<ModelOptions, 'shapes' | 'fixed' | 'limits'>;

/** Flags that say how a model file is taken. Each may be given several times, with one name each time. */
export interface FileFlags {
  readonly shape?: FileOptions['shapes'];
  readonly fix?: FileOptions['fixed'];
  readonly limit?: FileOptions['limits'];
}

/** The options of a program for the flags. */
export const fileOptions = ({ shape: shapes, fix: fixed, limit: limits }: FileFlags): FileOptions => ({
  shapes,
  fixed,
  limits,
});

/** Adds the flags that say how a model file is taken. */
export function withFileFlags(command: Command): Command {
  return command
    .option('--shape <name=sizes...>', SHAPE, shape)
    .option('--fix <name=number...>', FIX, fix)
    .option('--limit <name=number...>', LIMIT, limit);
}

function shape(text: string, before: FileFlags['shape'] = {}): FileFlags['shape'] {
  const [name, sizes] = halves(text, 'NAME=SIZES, such as x=1,3,24,24');
  refuseSecond(name, before);
  const numbers = sizes.split(/[,x]/).map(whole);
  return { ...before, [name]: numbers };
}

function fix(text: string, before: FileFlags['fix'] = {}): FileFlags['fix'] {
  const [name, value] = halves(text, 'NAME=NUMBER');
  const number = Number(value);
  if (!Number.isFinite(number)) throw new InvalidArgumentError('Not NAME=NUMBER.');
  refuseSecond(name, before);
  return { ...before, [name]: number };
}

function limit(text: string, before: FileFlags['limit'] = {}): FileFlags['limit'] {
  const [name, value] = halves(text, 'NAME=NUMBER');
  if (!Object.hasOwn(defaultLimits, name)) {
    throw new InvalidArgumentError(`Not one of ${Object.keys(defaultLimits).join(', ')}.`);
  }
  refuseSecond(name, before);
  return { ...before, [name as keyof Limits]: whole(value) };
}

/** Returns the parts before and after the last equals sign: names may have one too. */
function halves(text: string, form: string): readonly [string, string] {
  const at = text.lastIndexOf('=');
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError(`Not ${form}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}
