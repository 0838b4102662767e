import type { Graph } from './types.js';

/** Makes a graph without nodes and values, of the given opsets. */
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
