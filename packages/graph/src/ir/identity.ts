import type { Node } from './types.js';

/** The node that gives a value another name. */
export const identity = (from: string, to: string): Node => ({
  op: 'Identity',
  domain: '',
  name: to,
  inputs: [from],
  outputs: [to],
  attributes: {},
});
