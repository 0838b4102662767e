import type { Layout } from '@onnxplain/core';
import { type LoadedCard, type Source, sourcesOf } from '@onnxplain/files';
import { isFloatPort, type Model, type Port, type RowLayout, rowLayout } from '@onnxplain/runtime';
import { type ColumnsOf, columnNaming, dividedTables } from '../columns.js';
import { fedName } from '../feeds.js';
import { layoutInModel } from '../layout.js';
import { rowNotice } from '../notices/rows.js';
import type { PrepareOptions } from '../prepare.js';
import { type ExplainedValue, subjectOf } from '../subject.js';

/** Where the files of a run are, and which function of which value is explained. */
export interface FoundSubject {
  readonly subject: ExplainedValue;
  /** Undefined leaves the refusal, with its list of outputs, to the score. */
  readonly output: string | undefined;
  readonly sources: readonly Source[];
  readonly columnsOf: ColumnsOf;
  /** Where inputs and output have their rows. */
  readonly rows: RowLayout;
  /** What the graph tells of the layout of the explained value. */
  readonly inModel: Layout | undefined;
  /** What nobody named, a sentence each. */
  readonly said: readonly string[];
}

/** Finds the files and the explained value. Throws what `sourcesOf` and `subjectOf` throw. */
export async function findSubject(
  model: Model,
  options: PrepareOptions,
  card: LoadedCard,
): Promise<FoundSubject> {
  const fed = (options.feed ?? []).map(fedName);
  const name = options.wrt ?? card.input;
  const { inputs } = model;
  const columnsOf = columnNaming(inputs, { features: card.features, name, fed });
  const files = await sourcesOf(
    options.inputs,
    inputs.map((input) => input.name),
  );
  const sources = dividedTables(files, { inputs, fed, columnsOf });
  const subject = await subjectOf(model, { name, fed, sources });
  const output = options.output ?? card.output ?? onlyFloat(model.outputs);
  const rows = rowLayout(model, { input: subject.port.name, output });
  const inModel = layoutInModel(model, subject, output);
  return {
    subject,
    output,
    sources,
    columnsOf,
    rows,
    inModel,
    said: [...foundText(subject), ...rowsText(rows)],
  };
}

const rowsText = ({ why }: RowLayout): readonly string[] => (why === undefined ? [] : [rowNotice(why)]);

/** What nobody named is said. */
function foundText({ found, port, lookup, beside = [] }: ExplainedValue): readonly string[] {
  if (beside.length > 0) {
    const others = beside.map((name) => `"${name}"`).join(', ');
    return [
      `explained is the input "${port.name}", the first of several; --wrt explains another (${others}), whose numbers come from the same rows`,
    ];
  }
  if (!found || lookup === undefined) return [];
  return [
    `explained at "${port.name}", the rows of a table of ${lookup.rows} that "${lookup.input}" looks up; --wrt explains another value`,
  ];
}

/** The only float output's name; undefined leaves the refusal, with its list of outputs, to the score. */
function onlyFloat(ports: readonly Port[]): string | undefined {
  const floats = ports.filter(isFloatPort);
  return floats.length === 1 ? floats[0].name : undefined;
}
