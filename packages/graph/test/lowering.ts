/** Whether a lowered graph has the values of the plain one. */
import { type Graph, interpret, lower, loweringTargetNames, verify } from '../src/index.js';
import type { Feeds } from './central-differences.js';

const TOLERANCE = 1e-9;

/** What a lowering changes in the outputs of a graph beyond the last digits of sums; undefined when nothing. */
export function loweringChanges(graph: Graph, feeds: Feeds): string | undefined {
  const before = interpret(graph, feeds);
  for (const target of loweringTargetNames) {
    const lowered = lower(graph, target);
    if (lowered === graph) continue;
    verify(lowered);
    const after = interpret(lowered, feeds);
    for (const [name, { dims, data }] of Object.entries(before)) {
      if (after[name].dims.join() !== dims.join())
        return `${target}: ${name} has dims [${after[name].dims}], not [${dims}]`;
      const size = data.reduce((most, each) => Math.max(most, Number.isFinite(each) ? Math.abs(each) : 0), 1);
      const at = data.findIndex((each, i) => !isClose(each, after[name].data[i], TOLERANCE * size));
      if (at >= 0) return `${target}: ${name}[${at}] is ${after[name].data[at]}, not ${data[at]}`;
    }
  }
  return undefined;
}

const isClose = (a: number, b: number, most: number): boolean => Object.is(a, b) || Math.abs(a - b) <= most;
