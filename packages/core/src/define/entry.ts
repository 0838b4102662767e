import { parseOptions, type z } from '../options.js';
import { type Definition, factsOf } from './definition.js';

/** The row of a thing that is made by name only and has no factory, such as a table of backward rules. */
export function entry<Options extends z.ZodObject, Made, const Name extends string>(row: {
  name: Name;
  summary: string;
  positional?: readonly (keyof z.output<Options> & string)[];
  options: Options;
  make: (options: z.output<Options>) => Made;
}): Definition<Made, Name> {
  const { name, summary, positional = [], options } = row;
  const make = (given: Readonly<Record<string, unknown>>) => row.make(parseOptions(name, options, given));
  const kind = 'rules';
  return { kind, name, summary, positional, options, ...factsOf(options), example: {}, promises: [], make };
}
