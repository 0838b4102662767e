import { fail } from '@onnxplain/core';
import type { AttributionCell, InputRecord, RunRecord } from './record.js';

/** The record of a run, and the folder of the run. */
export interface RecordInFolder {
  /** Relative to the folder of the joined record, with slashes. */
  readonly folder: string;
  readonly record: RunRecord;
}

/**
 * One record of several runs on the same inputs under the same metrics, such as of several models: the explainers of the first run, then
 * those of the next. Paths start with the folder of the run. What a run has once (model, request, scores and predictions of the inputs) is
 * that of the first; the times are added. There are no summaries. Throws `usage` for no run, and for runs with other inputs or metrics.
 */
export function joinRecords(runs: readonly RecordInFolder[]): RunRecord {
  const [first, ...others] = runs;
  if (first === undefined)
    return fail({ code: 'usage', where: 'runs', expected: 'at least one', got: 'none' });
  for (const other of others) expectComparable(first, other);
  const before = (run: number) =>
    runs.slice(0, run).reduce((sum, { record }) => sum + record.explainers.length, 0);
  const moved = <C extends { readonly explainer: number }>(cells: readonly C[], run: number): readonly C[] =>
    cells.map((cell) => ({ ...cell, explainer: cell.explainer + before(run) }));
  return {
    ...first.record,
    explainers: runs.flatMap(({ record }) => record.explainers),
    attributions: runs.flatMap(({ folder, record }, run) =>
      moved(record.attributions, run).map((cell) => inFolder(folder, cell)),
    ),
    estimates: runs.flatMap(({ record }, run) => moved(record.estimates, run)),
    summaries: [],
    timings: {
      ...first.record.timings,
      total: runs.reduce((sum, { record }) => sum + record.timings.total, 0),
    },
  };
}

function inFolder(folder: string, cell: AttributionCell): AttributionCell {
  if (cell.status !== 'done') return cell;
  const { file, picture } = cell;
  return {
    ...cell,
    ...(file !== undefined && { file: `${folder}/${file}` }),
    ...(picture !== undefined && { picture: { ...picture, file: `${folder}/${picture.file}` } }),
  };
}

function expectComparable(first: RecordInFolder, other: RecordInFolder): void {
  const contents = ({ inputs }: RunRecord) => inputs.map(contentOf);
  const metrics = (record: RunRecord) => record.metrics.map(({ expression }) => expression);
  for (const [what, of] of Object.entries({ inputs: contents, metrics })) {
    if (JSON.stringify(of(first.record)) === JSON.stringify(of(other.record))) continue;
    fail({
      code: 'usage',
      where: `the runs in ${first.folder} and ${other.folder}`,
      expected: `the same ${what}, number for number`,
      got: 'others',
      remedy: `Evaluate both with the same ${what}; pictures become the same numbers where the cards of both models prepare them alike.`,
    });
  }
}

const contentOf = ({ name, content, sha256 }: InputRecord) => [name, content ?? sha256];
