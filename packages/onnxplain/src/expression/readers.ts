import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { asBatch, concatRows, fail, type Tensor } from '@onnxplain/core';
import { baselineRows, isTable, meanOfRows, onlyRow, readNpy, readSmallFile } from '@onnxplain/files';
import type { MakeContext } from './make.js';

/** Numbers of a table, which a file of this name holds. */
export type TableRows = (bytes: Uint8Array, path: string) => Tensor;

/** A picture as an input of the model, without a batch axis. */
export type PictureRow = (bytes: Uint8Array, path: string) => Tensor;

export interface ReadersOptions {
  /** How tables are read; default: all columns, in their order. */
  readonly tableRows?: TableRows;
  /** How pictures are read; default: they are refused. */
  readonly pictureRow?: PictureRow;
}

/** Readers of the arrays that options name. They read synchronously, because expressions are evaluated synchronously before a run. */
export function readers({
  tableRows = allColumns,
  pictureRow = refusePicture,
}: ReadersOptions): Pick<MakeContext, 'readTensor' | 'readMean' | 'readRows'> {
  const rowsOf = (path: string): Tensor => {
    const bytes = bytesOf(path);
    if (isTable({ file: path })) return tableRows(bytes, path);
    if (isPicture(path)) return asBatch(pictureRow(bytes, path));
    return readNpy(bytes, path).tensor;
  };
  return {
    readTensor(path) {
      if (isPicture(path)) return pictureRow(bytesOf(path), path);
      return isTable({ file: path }) ? onlyRow(rowsOf(path), path) : rowsOf(path);
    },
    readMean: (path) => meanOfRows(rowsIn(path, rowsOf), path),
    readRows: (path) => rowsIn(path, rowsOf),
  };
}

const PICTURES = ['.png', '.jpg', '.jpeg'];

const isPicture = (path: string): boolean => PICTURES.includes(extname(path).toLowerCase());

/**
 * The rows of a file, or of the files of a folder in the order of their names: each picture is one row, each table has its rows, and each
 * array of a folder is one row.
 */
function rowsIn(path: string, rowsOf: (path: string) => Tensor): Tensor {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return rowsOf(path);
  const isArray = (file: string) => extname(file).toLowerCase() === '.npy';
  const files = readdirSync(path)
    .sort()
    .filter((file) => isPicture(file) || isTable({ file }) || isArray(file));
  if (files.length === 0) {
    fail({
      code: 'file-missing',
      where: path,
      expected: 'pictures, tables or .npy files',
      got: 'a folder without any',
    });
  }
  return concatRows(
    files.map((file) => {
      const rows = rowsOf(join(path, file));
      return isArray(file) ? asBatch(rows) : rows;
    }),
  );
}

const allColumns: TableRows = (bytes, where) => baselineRows(bytes, { where, options: {} });

const refusePicture: PictureRow = (_, path) =>
  fail({
    code: 'option-value',
    where: path,
    expected: 'a .npy file or a table, because no model says how pictures become inputs',
    got: 'a picture',
    remedy: 'Give the inputs as a .npy file.',
  });

function bytesOf(path: string): Uint8Array {
  return readSmallFile(path, {
    expected: 'a number, a .npy file, rows(FILE), or mean(FILE) of rows',
    remedy: path === 'pad' ? PAD : undefined,
  });
}

const PAD =
  'pad is the embedding of the padding token: it needs token ids for inputs, and "pad" in the model card, which says which token that is.';
