import type { Interval } from '@onnxplain/core';

/** Version of the format of `table.json`. It increases when a field changes its meaning or is removed. */
export const TABLE_VERSION = 1;

/** The record of a reproduced table of a paper: its numbers beside those of the paper, and the verdict on each of the paper's claims. */
export interface TableRecord {
  readonly schema: 'onnxplain-table';
  readonly version: typeof TABLE_VERSION;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly paper: string;
  readonly id: string;
  readonly title: string;
  /** Choices that the paper leaves open, and what is not known of its table. */
  readonly notes: readonly string[];
  /** The words of the command line that repeats it. */
  readonly command: readonly string[];
  readonly seed: number;
  /** One for each reading. */
  readonly parts: readonly TablePart[];
}

/** A table by the definitions of one reading: those of the paper's text, or those of its authors' program. */
export interface TablePart {
  readonly reading: string;
  /** Folder of the run, relative to that of the table; it holds `record.json` and `report.html`. */
  readonly folder: string;
  /** The model, or the first of several. */
  readonly model: { readonly file: string; readonly sha256: string };
  /** The models of a table that compares several, and the folders of their runs, relative to that of the table; absent for one model. */
  readonly models?: readonly PartModel[];
  readonly inputs: readonly string[];
  /** Time of the run, in seconds. */
  readonly seconds: number;
  readonly rows: readonly { readonly name: string; readonly expression: string; readonly added: boolean }[];
  readonly columns: readonly {
    readonly name: string;
    readonly expression: string;
    readonly better: 'lower' | 'higher';
    readonly units: string;
  }[];
  readonly cells: readonly TableCell[];
  readonly claims: readonly TableClaimRecord[];
}

/** One of the models that a table compares. */
export interface PartModel {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly sha256: string;
}

/** The mean of a row in a column, and the number of the paper. */
export interface TableCell {
  readonly row: string;
  readonly column: string;
  /** Absent where no input has a number. */
  readonly mean?: number;
  /** Standard error across inputs; absent for fewer than two. */
  readonly stderr?: number;
  /** How many inputs have a number. */
  readonly n: number;
  /** The side of the bound, where the averaged numbers are bounds. */
  readonly bound?: 'lower' | 'upper';
  /** Absent where it is not known here. */
  readonly paper?: number;
}

/** A claim that `row` is better than `than`, another row or a number, in a column, with its test. */
export interface TableClaimRecord {
  readonly row: string;
  readonly column: string;
  readonly than: string | number;
  /** The paper does not make this claim; absent: false. */
  readonly added?: boolean;
  /** How many inputs have both numbers. */
  readonly n: number;
  /** Mean of row less than, with its 95 % interval; absent for fewer than two pairs. */
  readonly difference?: { readonly mean: number; readonly stderr: number; readonly interval: Interval };
  /** Two-sided p of the paired t-test. */
  readonly p: number;
  /** `p` corrected for the number of claims. */
  readonly corrected: number;
  /** Two-sided p of the signed-rank test, not corrected. */
  readonly signedRank: number;
  readonly counts: { readonly win: number; readonly draw: number; readonly loss: number };
  readonly verdict: 'holds' | 'does not hold' | 'undecided';
}
