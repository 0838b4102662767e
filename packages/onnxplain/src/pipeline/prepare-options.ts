import type { PictureFields, TableOptions } from '@onnxplain/files';
import type { Plugin } from '../expression/plugin.js';
import type { ModelOptions } from './model.js';
import type { QueryOptions } from './query/query.js';
import type { TargetOption } from './query/target.js';

/** Which files are read, and what is explained. The model's card, MODEL.card.json, and then the model itself fill in what is left open. */
export interface PrepareOptions
  extends ModelOptions,
    Pick<QueryOptions, 'classAxis' | 'link' | 'holds' | 'bounds'>,
    PictureFields,
    Omit<TableOptions, 'rows'> {
  /** Rows of tables and arrays that are explained, by their numbers from 0, such as `3,5` or `0:10`; default: all. */
  readonly rows?: string;
  /** Default 'predicted': of each input its own best class. Names are those of the card's labels, as on the command line. */
  readonly target?: TargetOption;
  /** A .npy file of weights for the axes that the target sums, 0 and 1 for a mask; with one more axis in front, one for each input. */
  readonly targetMask?: string;
  /** Files and folders, where the model has several inputs as `NAME=FILE`: see `sourcesOf` and `loadInputs`. */
  readonly inputs: readonly string[];
  /** Input to explain, or an inner value; default: the card's, the only float input, or the only embedding. */
  readonly wrt?: string;
  /** Values of the model's further inputs, NAME=FILE.npy or NAME=NUMBER, see `loadFeeds`. */
  readonly feed?: readonly string[];
  /** Expression of the backward rules of the gradient that explainers such as `gradient` use; default: the derivative. */
  readonly rules?: string;
  /** Definitions of your own that expressions may name, such as those of `loadPlugins`; default none. */
  readonly plugins?: readonly Plugin[];
}
