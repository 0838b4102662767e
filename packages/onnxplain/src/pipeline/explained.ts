import { fail, type RowAxis, type Tensor, tensor, toFloat32, toFloat64 } from '@onnxplain/core';
import type { LoadedCard, LoadedInputs, NamedInput } from '@onnxplain/files';
import { innerRow, type Model, toTensor } from '@onnxplain/runtime';
import type { RowFeeds } from './row-feeds.js';
import type { LoadedRow, LoadedRows } from './rows.js';
import type { ExplainedValue } from './subject.js';
import { tokensOf } from './tokens.js';

export interface ExplainedOptions {
  readonly subject: ExplainedValue;
  readonly read: LoadedRows;
  readonly given: RowFeeds;
  /** Where the explained value has its rows. */
  readonly axis: RowAxis;
  readonly card: Pick<LoadedCard, 'features' | 'token'>;
}

/** The explained values: what the files hold, in the type of the input, or what the model makes of it. */
export async function explainedRows(
  model: Model,
  { subject, read, given, card, axis }: ExplainedOptions,
): Promise<LoadedInputs> {
  const { port, madeOf } = subject;
  // Draws are made in the type of x: the numbers that the model will see.
  const typed = (x: Tensor) => (port.dtype === 'float64' ? toFloat64(x) : toFloat32(x));
  const inputs: NamedInput[] = [];
  for (const [i, row] of read.loaded.inputs.entries()) {
    const beside = besideOf(read.rows[i], read.main);
    if (madeOf.length === 0) {
      if ('texts' in row) return refuseTexts(port);
      const features = row.features ?? listed(card.features);
      inputs.push({ ...row, features, beside, tensor: typed(row.tensor) });
      continue;
    }
    const { name, file, sha256 } = row;
    const x = typed(
      await innerRow(model, port.name, { feeds: given.origins[i], perRow: given.perRow, axis }),
    );
    const tokens = 'texts' in row ? undefined : tokensOf(row.tensor, x, card.token);
    inputs.push({ name, file, sha256, beside, tensor: x, tokens });
  }
  return { ...read.loaded, inputs };
}

const listed = (features: LoadedCard['features']): readonly string[] | undefined =>
  Array.isArray(features) ? features : undefined;

function refuseTexts({ name }: ExplainedValue['port']): never {
  return fail({
    code: 'type-mismatch',
    where: `input "${name}"`,
    expected: 'an input of floating point numbers to explain',
    got: 'texts',
    remedy:
      'Explain another input, or a value of numbers that is made of it: --wrt NAME. onnxplain inspect MODEL --values names them.',
  });
}

/** The files of the other inputs of a row; undefined where there are none. */
function besideOf(row: LoadedRow, main: string): NamedInput['beside'] {
  const others = Object.entries(row).filter(([name]) => name !== main);
  if (others.length === 0) return undefined;
  return Object.fromEntries(
    others.map(([name, { file = '', sha256 = '' }]) => [name, { file, sha256 }] as const),
  );
}

/** The padding token's row of the table that is looked up. Throws `option-value` for an id that is none. */
export function padRow(
  model: Model,
  { subject: { lookup }, card: { padId } }: { subject: ExplainedValue; card: Pick<LoadedCard, 'padId'> },
): Readonly<Record<string, Tensor>> {
  const table = lookup && model.graph.constants.get(lookup.table);
  if (lookup === undefined || table === undefined || padId === undefined) return {};
  if (padId >= lookup.rows) {
    const expected = `an id from 0 to ${lookup.rows - 1}, the rows of the table "${lookup.table}"`;
    return fail({ code: 'option-value', where: 'model card (pad)', expected, got: `${padId}` });
  }
  const { data } = toTensor(table, lookup.table);
  return { pad: tensor(data.slice(padId * lookup.width, (padId + 1) * lookup.width), [1, lookup.width]) };
}
