import type { LoadedCard, LoadedInputs, PictureFields, Preprocessing, TableOptions } from '@onnxplain/files';
import { preprocessingFor } from '@onnxplain/files';
import type { Model } from '@onnxplain/runtime';
import { explainedRows } from '../explained.js';
import { withLayout } from '../layout.js';
import { rowDims } from '../row-dims.js';
import { feedRows, type RowFeeds } from '../row-feeds.js';
import { loadRows } from '../rows.js';
import type { FoundSubject } from './subject.js';

/** The explained values, and the values of the model's other inputs that go with them. */
export interface ReadInputs {
  readonly loaded: LoadedInputs;
  readonly given: RowFeeds;
  /** How pictures become inputs; undefined where the explained input takes none. */
  readonly pictures: Preprocessing | undefined;
  /** Whether any file was a picture. */
  readonly photos: boolean;
  /** What was done with the files that nobody asked for, a sentence each. */
  readonly said: readonly string[];
}

export interface ReadInputsOptions {
  readonly card: LoadedCard;
  readonly fields: PictureFields;
  readonly table: TableOptions;
  readonly feed: readonly string[];
}

/** Reads the inputs as the model needs them. Throws what `loadRows`, `feedRows` and `explainedRows` throw. */
export async function readInputs(
  model: Model,
  { subject, sources, columnsOf, rows, inModel }: FoundSubject,
  { card, fields, table, feed }: ReadInputsOptions,
): Promise<ReadInputs> {
  const one = subject.held && rowDims(subject.held, rows.axisOf(subject.held));
  const pictures = one && preprocessingFor(one, withLayout(fields, inModel));
  const read = await loadRows(model, subject, { sources, layout: rows, pictures, table, columnsOf });
  const given = await feedRows(model, { subject, fed: feed, read, layout: rows });
  const loaded = await explainedRows(model, { subject, read, given, card, axis: rows.input });
  const photos = read.loaded.inputs.some((row) => 'picture' in row && row.picture !== undefined);
  return { loaded, given, pictures, photos, said: read.loaded.said ?? [] };
}
