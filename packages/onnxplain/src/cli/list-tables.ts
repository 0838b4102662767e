import { counted } from '@onnxplain/core';
import { type PaperTable, readings } from '@onnxplain/papers';
import { formatSeconds } from '@onnxplain/report';

/** Formats the tables of a paper: id, title, what is computed, and the processor time for an input where that was measured. */
export function showTables(tables: readonly PaperTable[]): string {
  const width = Math.max(...tables.map(({ id }) => id.length));
  const lines = tables.map(
    (table) => `  ${table.id.padEnd(width)}  ${table.title}\n  ${' '.repeat(width)}  ${contents(table)}\n`,
  );
  return `${lines.join('')}\nonnxplain reproduce ${tables[0].paper} --table ID -o FOLDER computes one; times are processor time for each input.\n`;
}

function contents(table: PaperTable): string {
  const { rows, columns, claims, inputs, models, seconds = {}, needs } = table;
  if (needs !== undefined) return `cannot be computed yet: it needs ${needs}`;
  const own = claims.filter(({ added }) => added !== true);
  const times = readings.flatMap((reading) => {
    const measured = seconds[reading];
    return measured === undefined ? [] : [`about ${formatSeconds(measured)} (${reading})`];
  });
  const explainers =
    models === undefined
      ? counted(rows.length, 'explainer')
      : `${counted(rows.length / models.length, 'explainer')} of each of ${models.length} models`;
  const time = times.length === 0 ? 'time not measured' : times.join(', ');
  return `${inputs}, ${explainers}, ${counted(columns.length, 'metric')}, ${counted(own.length, 'claim')}; ${time}${flagsFor(table)}`;
}

/** The flags without which a table is not computed. */
function flagsFor({ inputs, model, models, data }: PaperTable): string {
  const flags = [
    ...(model === undefined && models === undefined ? ['--model FILE'] : []),
    ...(data === undefined && inputs !== 'digits' ? ['--data FOLDER'] : []),
  ];
  return flags.length === 0 ? '' : `; with ${flags.join(' and ')}`;
}
