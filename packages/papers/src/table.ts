/** Whose definitions a table is computed by: those of the paper's text, or those of the program that its authors released. */
export const readings = ['paper', 'paper-code'] as const;
export type Reading = (typeof readings)[number];

/** An expression for both readings, or one for each. */
export type ExpressionByReading = string | Readonly<Record<Reading, string>>;

/** What the inputs of a table are. */
export type InputKind = 'digits' | 'photographs' | 'pictures' | 'sentences' | 'pictures with captions';

/** An explainer in a table. */
export interface TableRow {
  /** The paper's name of it; no other row of the table has it. */
  readonly name: string;
  /** `{background}` stands for a file of baselines that belong to the inputs. */
  readonly explainer: ExpressionByReading;
  /** The name of the model that is explained, in a table of several models; absent in the others. */
  readonly model?: string;
  /** The paper does not have this row; default false. */
  readonly added?: boolean;
}

/** One of the models that a table compares. */
export interface TableModel {
  /** Rows name the model by it, and the folder of its run has this name. */
  readonly name: string;
  /** Model file where none is given, relative to the working folder. */
  readonly file: string;
}

/** A metric in a table. */
export interface TableColumn {
  /** The paper's name of it; no other column of the table has it. */
  readonly name: string;
  readonly metric: ExpressionByReading;
}

/** A number that the paper prints. */
export interface PaperNumber {
  readonly row: string;
  readonly column: string;
  readonly value: number;
}

/** The claim that a row has better numbers than another row, or than a number, in a column. What is better, the metric says. */
export interface Claim {
  readonly row: string;
  readonly column: string;
  readonly than: string | number;
  /** The paper does not make this claim; it is tested apart from those that it makes. Default false. */
  readonly added?: boolean;
}

/** A table of a paper as data: what to compute, what the paper found, and what it claims. */
export interface PaperTable {
  readonly paper: PaperName;
  readonly id: string;
  readonly title: string;
  readonly inputs: InputKind;
  /** Model file where none is given, relative to the working folder; absent: a model has to be given. */
  readonly model?: string;
  /** The models of a table that compares several on the same inputs, in place of `model`: each row names its own. */
  readonly models?: readonly TableModel[];
  /** Folder of the inputs where none is given, relative to the working folder; absent: that of the digits, or one has to be given. */
  readonly data?: string;
  /** Classes that digits may belong to, by their labels; default all. */
  readonly classes?: readonly number[];
  readonly rows: readonly TableRow[];
  readonly columns: readonly TableColumn[];
  /** Those that are known here. */
  readonly numbers: readonly PaperNumber[];
  readonly claims: readonly Claim[];
  /** Choices that the paper leaves open, and what is not known of its table. A sentence each. */
  readonly notes: readonly string[];
  /** Processor seconds that one input takes, as far as they were measured (README of this package). */
  readonly seconds?: Readonly<Partial<Record<Reading, number>>>;
  /** What is missing to compute the table; absent where nothing is. */
  readonly needs?: string;
}

export const paperNames = ['h21', 'y19'] as const;
export type PaperName = (typeof paperNames)[number];

/** The expression of a row or column in a reading. */
export const expressionIn = (of: ExpressionByReading, reading: Reading): string =>
  typeof of === 'string' ? of : of[reading];

/** Claims that one row is better than each of several others in each of several columns. */
export function betterThan(
  row: string,
  others: readonly string[],
  columns: readonly string[],
): readonly Claim[] {
  return columns.flatMap((column) => others.map((than) => ({ row, column, than })));
}

/** The same claims, marked as added: the paper does not make them. */
export const addedClaims = (claims: readonly Claim[]): readonly Claim[] =>
  claims.map((claim) => ({ ...claim, added: true }));
