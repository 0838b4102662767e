import type { Key } from '@onnxplain/core';
import type { Card } from '@onnxplain/files';
import type { Examples } from './examples.js';
import type { Network } from './network.js';
import type { TrainingOptions } from './train.js';

export interface Prepared {
  training(): Examples;
  /** Examples that training never sees. */
  test(): Examples;
  network(key: Key): Network;
  /** Further files of the model, by their names. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** How a shipped model is made. */
export interface Recipe {
  /** The model card, without what training adds to it. */
  readonly card: Omit<Card, 'training'>;
  /** What the model is trained and tested on, in words. */
  readonly data: string;
  readonly optimiser: TrainingOptions['optimiser'];
  /** Learning rate at its highest. */
  readonly rate: number;
  /** Share of the steps in which the rate rises to its highest. Default 0. */
  readonly warmup?: number;
  readonly smoothing?: number;
  readonly epochs: number;
  readonly batch: number;
  readonly averaging?: number;
  readonly adversary?: TrainingOptions['adversary'];
  /** Reads the data from a folder. Default: from the npm package that the recipe names, a development dependency. */
  prepare(folder?: string): Prepared;
}
