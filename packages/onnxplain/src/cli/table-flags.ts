import { namesIn } from '@onnxplain/files';
import { type Command, InvalidArgumentError, Option } from 'commander';

const COLUMNS =
  'columns of a table to use, with commas between them; where the model has no names for its elements, in the order of the elements (default: all)';

const HEADER =
  'whether the first line of a table holds names, yes or no (default: where no cell of it is a number or empty)';

/** Adds the flags that say how tables are read. */
export function withTableFlags(command: Command): Command {
  return command
    .option('--columns <names>', COLUMNS, columns)
    .option('--drop <names>', 'columns of a table that are left out, such as an id or the labels', dropped)
    .option('--header <answer>', HEADER, yesOrNo)
    .addOption(
      new Option('--decimal <mark>', 'decimal mark of the numbers in a table (default: point)').choices([
        'point',
        'comma',
      ]),
    );
}

const columns = (text: string): readonly string[] => namesIn(text, '--columns');

const dropped = (text: string): readonly string[] => namesIn(text, '--drop');

function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('Not yes or no.');
  return text === 'yes';
}
