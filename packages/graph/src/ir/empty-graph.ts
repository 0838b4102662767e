import type { Graph } from './types.js';

/** A graph of some operator sets that holds nothing yet. */
export const emptyGraph = (opsets: Graph['opsets']): Graph => ({
  name: '',
  opsets,
  inputs: [],
  outputs: [],
  constants: new Map(),
  nodes: [],
  metadata: {},
  functions: [],
  declared: new Map(),
});
