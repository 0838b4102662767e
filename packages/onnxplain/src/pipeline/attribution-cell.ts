import { type Attribution, sizeOfAttribution } from '@onnxplain/core';
import { writeNpy } from '@onnxplain/files';
import type { AttributionCell, AttributionRecord } from '@onnxplain/report';
import { type Drawing, drawAttribution, seriesOf } from './draw.js';
import type { Outcome } from './outcome.js';
import type { ScoredInput } from './scored-input.js';
import { perToken } from './tokens.js';

/** What came of explaining one input by one explainer, and where it stands in the record. */
export interface ExplainedCell {
  readonly input: number;
  readonly explainer: number;
  readonly question: ScoredInput;
  readonly outcome: Outcome<Attribution>;
}

/** Files of a cell, by path relative to the record. */
export type CellFiles = ReadonlyMap<string, Uint8Array>;

/** The path of an attribution's numbers, relative to the record. */
export const attributionFile = ({ input, explainer }: Pick<ExplainedCell, 'input' | 'explainer'>): string =>
  `attributions/${nameOf(input, explainer)}.npy`;

const nameOf = (input: number, explainer: number): string =>
  `${String(input).padStart(4, '0')}-${String(explainer).padStart(2, '0')}`;

/** A cell as the record has it, with its files: the attribution as .npy (float64), and its picture as PNG where the input is one. */
export function attributionCell(
  { input, explainer, question, outcome }: ExplainedCell,
  drawing: Drawing | undefined,
): { readonly cell: AttributionCell; readonly files: CellFiles } {
  const place = { input, explainer };
  if (outcome.status !== 'done') return { cell: { ...place, ...outcome }, files: new Map() };
  const attribution = outcome.value;
  const file = attributionFile(place);
  const files = new Map([[file, writeNpy(attribution.values)]]);
  const series = seriesOf(question.input, attribution);
  const drawn = series === undefined ? drawAttribution(question.input, attribution, drawing) : undefined;
  const picture = drawn && { ...drawn.picture, file: `pictures/${nameOf(input, explainer)}.png` };
  if (drawn !== undefined && picture !== undefined) files.set(picture.file, drawn.png);
  const record: AttributionRecord = { ...numbersOf(question, attribution), file, picture, series };
  return { cell: { ...place, status: 'done', ...record }, files };
}

function numbersOf(question: ScoredInput, attribution: Attribution): AttributionRecord {
  const { key, cost, residual, diagnosis, features } = attribution;
  const tokens = question.input.tokens && { perToken: perToken(attribution) };
  const size = { ...sizeOfAttribution(attribution), groups: features?.count };
  return { key, cost, residual, diagnosis, ...size, ...tokens };
}
