import type { Graph } from './types.js';
export const canonicalise = (graph: Graph): Graph => graph;
