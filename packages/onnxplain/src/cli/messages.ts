import type { ProcessLimits } from '../isolated/watch.js';

/** What the command line sends to the process that does its work. */
export type ToWorker =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  /** Stop after the run of the model that is under way. */
  | { readonly kind: 'stop' };

/** What the process that does the work sends back. */
export type FromWorker =
  /** The arguments are parsed. */
  | { readonly kind: 'began'; readonly began: Began }
  /** The request to stop has arrived, so that no native code holds the process up. */
  | { readonly kind: 'stopping' }
  /** Sent every second, unless one step of the work takes longer. */
  | { readonly kind: 'alive' };

/** What a command is about to do. */
export interface Began {
  /** Name of the command. */
  readonly command: string;
  /** What an error names: the model, or what else the command was given first. */
  readonly subject: string;
  readonly limits: ProcessLimits;
  /** Where its results go: a file or a folder. */
  readonly out?: string;
}
