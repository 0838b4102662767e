import type { Layout } from '@onnxplain/core';
import { type LoadedCard, type Source, sourcesOf } from '@onnxplain/files';
import { isFloatPort, type Model, type Port, type RowLayout, rowLayout } from '@onnxplain/runtime';
import { rowNotice } from '../notices/rows.js';
import type { PrepareOptions } from '../prepare-options.js';
import { type ColumnsOf, columnNaming, dividedTables } from './columns.js';
import { chooseExplainedValue, type ExplainedValue } from './explained-value.js';
import { fedName } from './feeds.js';
import { layoutInModel } from './layout.js';

/** Which files are read for which inputs, and which output is explained at which value. */
export interface LocatedInputs {
  readonly value: ExplainedValue;
  /** Undefined where several outputs are possible: `score` then throws an error that lists them. */
  readonly output: string | undefined;
  readonly sources: readonly Source[];
  readonly columnsOf: ColumnsOf;
  /** The batch axes of inputs and output. */
  readonly rows: RowLayout;
  /** The layout of the explained value as the graph shows it. */
  readonly inModel: Layout | undefined;
  /** Notices about choices that the caller did not make. */
  readonly notices: readonly string[];
}

/** Finds the files and chooses the explained value. Throws what `sourcesOf` and `chooseExplainedValue` throw. */
export async function locateInputs(
  model: Model,
  options: Pick<PrepareOptions, 'inputs' | 'feed' | 'wrt' | 'output'>,
  { features }: Pick<LoadedCard, 'features'>,
): Promise<LocatedInputs> {
  const { inputs } = model;
  const fed = (options.feed ?? []).map(fedName);
  const columnsOf = columnNaming(inputs, { features, name: options.wrt, fed });
  const files = await sourcesOf(
    options.inputs,
    inputs.map((input) => input.name),
  );
  const sources = dividedTables(files, { inputs, fed, columnsOf });
  const value = await chooseExplainedValue(model, { name: options.wrt, fed, sources });
  const output = options.output ?? onlyFloat(model.outputs);
  const rows = rowLayout(model, { input: value.port.name, output });
  const inModel = layoutInModel(model, value, output);
  const notices = [...chosenNotices(value), ...rowsNotices(rows)];
  return { value, output, sources, columnsOf, rows, inModel, notices };
}

const rowsNotices = ({ reason }: RowLayout): readonly string[] =>
  reason === undefined ? [] : [rowNotice(reason)];

/** Returns a notice that names the explained value, if the caller did not choose it. */
function chosenNotices({ chosen, port, lookup, alternatives = [] }: ExplainedValue): readonly string[] {
  if (alternatives.length > 0) {
    const others = alternatives.map((name) => `"${name}"`).join(', ');
    return [
      `explained is the input "${port.name}", the first of several; --wrt explains another (${others}), whose numbers come from the same rows`,
    ];
  }
  if (!chosen) return [];
  if (lookup === undefined) {
    return [
      `"${port.name}" holds whole numbers (${port.dtype}): only explainers that replace features by whole numbers, such as occlusion, can explain it`,
    ];
  }
  return [
    `explained at "${port.name}", the rows of a table of ${lookup.rows} that "${lookup.input}" looks up; --wrt explains another value`,
  ];
}

/** Returns the name of the only float output. */
function onlyFloat(ports: readonly Port[]): string | undefined {
  const floats = ports.filter(isFloatPort);
  return floats.length === 1 ? floats[0].name : undefined;
}
