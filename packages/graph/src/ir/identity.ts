import type { Node } from './types.js';

/** Makes an Identity node that gives a value another name. */
export const identity = (from: string, to: string): Node => ({
  op: 'Identity',
  domain: '',
  name: to,
  inputs: [from],
  outputs: [to],
  attributes: {},
});
