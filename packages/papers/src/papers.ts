import { didYouMean, fail } from '@onnxplain/core';
import { h21 } from './h21/tables.js';
import { type PaperName, type PaperTable, paperNames } from './table.js';
import { y19 } from './y19/tables.js';

/** The tables of both papers. */
export const papers: Readonly<Record<PaperName, readonly PaperTable[]>> = { h21, y19 };

/** The paper of a name. Throws `value-unknown` for another name. */
export function paperNamed(name: string): PaperName {
  const found = paperNames.find((each) => each === name);
  if (found !== undefined) return found;
  return fail({
    code: 'value-unknown',
    where: 'paper',
    expected: `one of ${paperNames.join(', ')}`,
    got: `"${name}"`,
    remedy: didYouMean(name, paperNames),
  });
}

/** The table of a paper. Throws `value-unknown` for an id that the paper does not have here. */
export function tableOf(paper: PaperName, id: string): PaperTable {
  const found = papers[paper].find((table) => table.id === id);
  if (found !== undefined) return found;
  const ids = papers[paper].map((table) => table.id);
  return fail({
    code: 'value-unknown',
    where: `table of ${paper}`,
    expected: `one of ${ids.join(', ')}`,
    got: `"${id}"`,
    remedy: `onnxplain reproduce ${paper} lists them.`,
  });
}
