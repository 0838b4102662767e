import { fail, type Tensor, tensor } from '@onnxplain/core';
import type { ColumnChoice, ColumnNames } from './columns.js';
import { readSheet } from './csv.js';
import { readNumbers, type TableOptions } from './table.js';

/** How tables that options name are read. */
export interface BaselineReading {
  /** Those of the tables that hold the inputs: choices of columns count where this one has them, rows are all taken. */
  readonly options: TableOptions;
  /** What the model calls the columns; where the table has names, all others are left aside. */
  readonly columns?: ColumnNames;
}

/** Numbers of a table for an option such as a baseline, [rows, columns]. Throws what `readNumbers` throws. */
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

/** The mean of every column of [rows, ...shape], or of every element over the first axis: [...shape]. */
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

/** The row of a table of one. Throws `option-value` for more. */
export function onlyRow({ shape: [n, width], data }: Tensor, where: string): Tensor {
  if (n === 1) return tensor(data, [width]);
  return fail({
    code: 'option-value',
    where,
    expected: 'a table of one row',
    got: `${n} rows`,
    remedy: `Their mean is mean(${where}).`,
  });
}
