/** Whether a lowered graph has the values of the plain one. */
import { type Graph, interpret, lower, loweringTargetNames, verify } from '../src/index.js';
import { byNumbers, byRows } from '../src/lower/blocks.js';
import { fewChannels } from '../src/lower/few-channels.js';
import { mergedChannels } from '../src/lower/merged-channels.js';
import { stridedAdjoints } from '../src/lower/strided-adjoints.js';
import type { Feeds } from './central-differences.js';

const TOLERANCE = 1e-9;

/** The graph for each target, and in spellings that `ort-cpu` chooses for large images or many channels only. */
const spellings: readonly (readonly [string, (graph: Graph) => Graph])[] = [
  ...loweringTargetNames.map((target) => [target, (graph: Graph) => lower(graph, target)] as const),
  ['few-channels by rows', (graph) => fewChannels(graph, { sizes: () => [2, 4], layOut: byRows })],
  ['few-channels by numbers', (graph) => fewChannels(graph, { sizes: () => [2, 4], layOut: byNumbers })],
  ['merged-channels', (graph) => mergedChannels(graph, () => true)],
  ['strided-adjoints', (graph) => stridedAdjoints(graph, () => true)],
];

/** What a lowering changes in the outputs of a graph beyond the last digits of sums; undefined when nothing. */
export function loweringChanges(graph: Graph, feeds: Feeds): string | undefined {
  const before = interpret(graph, feeds);
  for (const [target, spell] of spellings) {
    const lowered = spell(graph);
    if (lowered === graph) continue;
    verify(lowered);
    const cropping = lowered.nodes.find(hasNegativePads);
    if (cropping !== undefined)
      return `${target}: ${cropping.name} has negative pads, which no runtime takes`;
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

const hasNegativePads = ({ attributes: { pads } }: Graph['nodes'][number]): boolean =>
  pads?.kind === 'ints' && pads.value.some((pad) => pad < 0);

const isClose = (a: number, b: number, most: number): boolean => Object.is(a, b) || Math.abs(a - b) <= most;
