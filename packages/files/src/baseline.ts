import { counted, fail, type Tensor, tensor } from '@onnxplain/core';
import type { ColumnChoice, ColumnNames } from './columns.js';
import { readSheet } from './csv.js';
import { readNumbers, type TableOptions } from './table.js';

/** How a table is read that an option such as a baseline names. */
export interface BaselineReading {
  /** How the tables of inputs are read. Choices of columns that this table has apply to it too; choices of rows do not. */
  readonly options: TableOptions;
  /** The model's names of the columns. Columns of the table with other names are ignored. */
  readonly columns?: ColumnNames;
}

/** Reads the numbers of a table for an option such as a baseline, [rows, columns]. Throws what `readNumbers` throws. */
export function baselineRows(
  bytes: Uint8Array,
  { where, options, columns }: BaselineReading & { readonly where: string },
): Tensor {
  const { names } = readSheet(bytes, { where, header: options.header });
  const own = columns && { ...columns, all: columns.own };
  const choice = names === undefined ? {} : choiceIn(names, { options, columns });
  return readNumbers(bytes, { where, options: { ...options, ...choice, rows: undefined }, columns: own })
    .tensor;
}

function choiceIn(names: readonly string[], { options, columns }: BaselineReading): ColumnChoice {
  if (columns !== undefined && names.some((name) => columns.own.includes(name))) {
    return { columns: undefined, drop: names.filter((name) => !columns.own.includes(name)) };
  }
  const drop = options.drop?.filter((name) => names.includes(name));
  const chosen =
    options.columns?.every((name) => names.includes(name)) === true ? options.columns : undefined;
  return { columns: chosen, drop };
}

/** Returns the mean of every element over the first axis, [...shape] for [rows, ...shape]. Throws `tensor-shape` for no rows. */
export function meanOfRows({ shape: [n, ...shape], data }: Tensor, where: string): Tensor {
  if (n === undefined || n === 0) {
    return fail({
      code: 'tensor-shape',
      where,
      expected: 'rows to take the mean of',
      got: n === 0 ? 'none' : 'one number',
    });
  }
  const sums = new Float64Array(data.length / n);
  data.forEach((value, i) => {
    sums[i % sums.length] += value;
  });
  return tensor(
    sums.map((sum) => sum / n),
    shape,
  );
}

/** Returns the only row of a table. Throws `option-value` for a table of several rows. */
export function onlyRow({ shape: [n, width], data }: Tensor, where: string): Tensor {
  if (n === 1) return tensor(data, [width]);
  return fail({
    code: 'option-value',
    where,
    expected: 'a table of one row',
    got: counted(n, 'row'),
    remedy: `Their mean is mean(${where}); all of them, for options that take several inputs, are rows(${where}).`,
  });
}
