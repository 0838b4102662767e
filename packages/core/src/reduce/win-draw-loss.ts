import { fail } from '../error.js';
import { differencesOf } from './paired.js';

/** How many of the pairs a wins, draws and loses against b. */
export interface WinDrawLoss {
  readonly win: number;
  readonly draw: number;
  readonly loss: number;
}

export interface WinDrawLossOptions {
  /** Which numbers are better. */
  readonly better: 'lower' | 'higher';
  /** Greatest difference in size that counts as a draw, in the units of the numbers; default 0: equal numbers only. */
  readonly drawWithin?: number;
}

/**
 * Counts the pairs in which a is better than b, as good, and worse ([H21] Table 4). Throws `tensor-shape` for arrays of different
 * lengths, `non-finite` for numbers that are not finite, and `option-value` for a limit of draws below 0.
 */
export function winDrawLoss(
  a: readonly number[],
  b: readonly number[],
  { better, drawWithin = 0 }: WinDrawLossOptions,
): WinDrawLoss {
  const where = 'win, draw and loss';
  if (!(drawWithin >= 0)) {
    fail({ code: 'option-value', where, expected: 'drawWithin of at least 0', got: `${drawWithin}` });
  }
  const sign = better === 'higher' ? 1 : -1;
  const gains = differencesOf(where, a, b).map((difference) => sign * difference);
  const win = gains.filter((gain) => gain > drawWithin).length;
  const loss = gains.filter((gain) => gain < -drawWithin).length;
  return { win, draw: gains.length - win - loss, loss };
}
