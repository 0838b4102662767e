import { type Attribution, sizeOfAttribution } from '@onnxplain/core';
import { writeNpy } from '@onnxplain/files';
import type { AttributionCell, AttributionRecord } from '@onnxplain/report';
import type { ScoredInput } from '../query/score-inputs.js';
import type { Outcome } from '../run/outcome.js';
import { perToken } from '../tokens.js';
import { type Drawing, drawAttribution, seriesOf } from './draw.js';

/** The outcome of explaining one input by one explainer. `input` and `explainer` are their indices in the record. */
export interface ExplainedCell {
  readonly input: number;
  readonly explainer: number;
  readonly scored: ScoredInput;
  readonly outcome: Outcome<Attribution>;
}

/** The files of a cell by their path relative to the record. */
export type CellFiles = ReadonlyMap<string, Uint8Array>;

/** The path of an attribution's numbers, relative to the record. */
export const attributionFile = ({ input, explainer }: Pick<ExplainedCell, 'input' | 'explainer'>): string =>
  `attributions/${nameOf(input, explainer)}.npy`;

/** Whether a path relative to a record is one that cells of some run have. */
export const isCellFile = (file: string): boolean =>
  /^(attributions\/\d{4,}-\d{2,}\.npy|pictures\/\d{4,}-\d{2,}\.png)$/.test(file);

const nameOf = (input: number, explainer: number): string =>
  `${String(input).padStart(4, '0')}-${String(explainer).padStart(2, '0')}`;

/** Returns a cell in the form of the record, and its files: the attribution as .npy (float64), and a PNG where the input is a picture. */
export function attributionCell(
  { input, explainer, scored, outcome }: ExplainedCell,
  drawing: Drawing | undefined,
): { readonly cell: AttributionCell; readonly files: CellFiles } {
  const indices = { input, explainer };
  if (outcome.status !== 'done') return { cell: { ...indices, ...outcome }, files: new Map() };
  const attribution = outcome.value;
  const file = attributionFile(indices);
  const files = new Map([[file, writeNpy(attribution.values)]]);
  const series = seriesOf(scored, attribution);
  const drawn = series === undefined ? drawAttribution(scored, attribution, drawing) : undefined;
  const picture = drawn && { ...drawn.picture, file: `pictures/${nameOf(input, explainer)}.png` };
  if (drawn !== undefined && picture !== undefined) files.set(picture.file, drawn.png);
  const record: AttributionRecord = { ...numbersOf(scored, attribution), file, picture, series };
  return { cell: { ...indices, status: 'done', ...record }, files };
}

function numbersOf(scored: ScoredInput, attribution: Attribution): AttributionRecord {
  const { key, cost, residual, diagnosis, details, features } = attribution;
  const tokens = scored.tokens && { perToken: perToken(attribution) };
  const size = { ...sizeOfAttribution(attribution), groups: features?.count };
  return { key, cost, residual, diagnosis, details, ...size, ...tokens };
}
