import { fail, type RowAxis, sizeOf, type Tensor, tensor, toFloat32, toFloat64 } from '@onnxplain/core';
import type { LoadedCard, LoadedInputs, NamedInput } from '@onnxplain/files';
import { constantFrom } from '@onnxplain/graph';
import { innerRow, type Model } from '@onnxplain/runtime';
import { tokensOf } from '../tokens.js';
import type { ExplainedValue } from './explained-value.js';
import type { InputFeeds } from './input-feeds.js';
import type { LoadedRow, LoadedRows } from './rows.js';

export interface ExplainedInputsOptions {
  readonly value: ExplainedValue;
  readonly read: LoadedRows;
  readonly feeds: InputFeeds;
  /** The batch axis of the explained value. */
  readonly axis: RowAxis;
  readonly card: Pick<LoadedCard, 'features' | 'token'>;
}

/** Returns the explained value of every input: the content of the files, in the type of the input, or what the model computes from it. */
export async function explainedInputs(model: Model, options: ExplainedInputsOptions): Promise<LoadedInputs> {
  const { value, read, card } = options;
  const inputs: NamedInput[] = [];
  for (const [i, row] of read.loaded.inputs.entries()) {
    const beside = otherFiles(read.rows[i], read.main);
    if (value.computedFrom.length > 0) {
      inputs.push({ ...(await computedInput(model, i, options)), beside });
      continue;
    }
    if ('texts' in row) return refuseTexts(value.port);
    const features = row.features ?? listed(card.features);
    inputs.push({ ...row, features, beside, tensor: typed(row.tensor, value) });
  }
  return { ...read.loaded, inputs };
}

/** Returns the value that the model computes from input i, with the tokens whose ids the file holds. */
async function computedInput(
  model: Model,
  i: number,
  { value, read, feeds, card, axis }: ExplainedInputsOptions,
): Promise<NamedInput> {
  const row = read.loaded.inputs[i];
  const options = { feeds: feeds.ofComputed[i], batchedFeeds: feeds.batched, axis };
  const x = typed(await innerRow(model, value.port.name, options), value);
  const tokens = 'texts' in row ? undefined : tokensOf(row.tensor, x, card.token);
  return { name: row.name, file: row.file, sha256: row.sha256, tensor: x, tokens };
}

/** Converts an input to the type in which the model sees it, so that draws are numbers of that type. Whole numbers become float64. */
const typed = (x: Tensor, { port }: ExplainedValue): Tensor =>
  port.dtype === 'float32' || port.dtype === 'float16' ? toFloat32(x) : toFloat64(x);

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

/** Returns the files of the other inputs of a row; undefined where there are none. */
function otherFiles(row: LoadedRow, main: string): NamedInput['beside'] {
  const others = Object.entries(row).filter(([name]) => name !== main);
  if (others.length === 0) return undefined;
  return Object.fromEntries(
    others.map(([name, { file = '', sha256 = '' }]) => [name, { file, sha256 }] as const),
  );
}

/**
 * Returns the embedding of the padding token under the name `pad`; empty where it is not known. The model computes it. Throws
 * `option-value` for an id that the table does not have.
 */
export async function padRow(
  model: Model,
  { lookup, port }: ExplainedValue,
  { padId }: Pick<LoadedCard, 'padId'>,
): Promise<Readonly<Record<string, Tensor>>> {
  const ids = model.inputs.find(({ name }) => name === lookup?.input);
  if (lookup === undefined || ids === undefined || padId === undefined) return {};
  if (padId >= lookup.rows) {
    const expected = `an id from 0 to ${lookup.rows - 1}, the rows of the table "${lookup.table}"`;
    return fail({ code: 'option-value', where: 'model card (pad)', expected, got: `${padId}` });
  }
  const shape = (ids.dims ?? [1]).map((dim) => (typeof dim === 'number' ? dim : 1));
  const all = constantFrom(ids.dtype, shape, new Array<number>(sizeOf(shape)).fill(padId));
  const rows = await innerRow(model, port.name, { feeds: { [ids.name]: all } });
  return { pad: tensor(rows.data.slice(0, lookup.width), [1, lookup.width]) };
}
