import type { LoadedCard, LoadedInputs, PictureFields, Preprocessing, TableOptions } from '@onnxplain/files';
import { preprocessingFor } from '@onnxplain/files';
import type { Model } from '@onnxplain/runtime';
import { explainedInputs } from './explained-inputs.js';
import { type InputFeeds, inputFeeds } from './input-feeds.js';
import { withLayout } from './layout.js';
import type { LocatedInputs } from './locate-inputs.js';
import { rowDims } from './row-dims.js';
import { loadRows } from './rows.js';

/** The explained values, and the values of the model's other inputs that go with them. */
export interface ReadInputs {
  readonly loaded: LoadedInputs;
  readonly feeds: InputFeeds;
  /** How pictures are converted to inputs; undefined where the explained input cannot be a picture. */
  readonly preprocessing: Preprocessing | undefined;
  /** The files that were pictures, as they are before they are converted. */
  readonly originals: NonNullable<LoadedInputs['originals']>;
  /** Whether any file was a picture. */
  readonly anyPicture: boolean;
  /** Notices about assumptions that were made in reading files. */
  readonly notices: readonly string[];
}

export interface ReadInputsOptions {
  readonly card: LoadedCard;
  readonly pictures: PictureFields;
  readonly table: TableOptions;
  readonly feed: readonly string[];
}

/** Reads the inputs as the model needs them. Throws what `loadRows`, `inputFeeds` and `explainedInputs` throw. */
export async function readInputs(
  model: Model,
  { value, sources, columnsOf, rows, inModel }: LocatedInputs,
  { card, pictures, table, feed }: ReadInputsOptions,
): Promise<ReadInputs> {
  const dims = value.inFiles && rowDims(value.inFiles, rows.axisOf(value.inFiles));
  const preprocessing = dims && preprocessingFor(dims, withLayout(pictures, inModel));
  const read = await loadRows(model, value, { sources, layout: rows, preprocessing, table, columnsOf });
  const feeds = await inputFeeds(model, { value, fed: feed, read, layout: rows });
  const loaded = await explainedInputs(model, { value, read, feeds, card, axis: rows.input });
  const { originals = [], notices = [] } = read.loaded;
  return { loaded, feeds, preprocessing, originals, anyPicture: originals.length > 0, notices };
}
