import { type ErrorCode, fail, own, sizeOf } from '@onnxplain/core';
import type { Graph, Value } from '../ir/types.js';
import type { NumArray } from './array.js';

/**
 * Throws `feed-name`, `feed-type` or `feed-shape` unless the feeds are the graph's inputs, with their dtypes and dims. Equal symbolic dims
 * must have equal sizes.
 */
export function checkFeeds(graph: Graph, feeds: Readonly<Record<string, NumArray>>): void {
  const names = graph.inputs.map((input) => input.name);
  const extra = Object.keys(feeds).find((name) => !names.includes(name));
  if (extra !== undefined) refuse('feed-name', 'feeds', [names.join(', ') || 'none', `"${extra}"`]);
  const symbols = new Map<string, number>();
  for (const input of graph.inputs) {
    const feed = own(feeds, input.name);
    if (feed === undefined)
      refuse('feed-name', 'feeds', [`"${input.name}"`, Object.keys(feeds).join(', ') || 'none']);
    checkFeed(input, feed, symbols);
  }
}

function checkFeed(input: Value, feed: NumArray, symbols: Map<string, number>): void {
  const where = `feed "${input.name}"`;
  if (feed.dtype !== input.dtype) refuse('feed-type', where, [input.dtype, feed.dtype]);
  if (feed.data.length !== sizeOf(feed.dims)) {
    refuse('feed-shape', where, [`${sizeOf(feed.dims)} elements`, `${feed.data.length}`]);
  }
  const dims = input.dims;
  if (dims === undefined) return;
  const sizes = dims.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    const size = symbols.get(dim) ?? feed.dims[axis];
    symbols.set(dim, size);
    return size;
  });
  if (sizes.length !== feed.dims.length || sizes.some((size, axis) => size !== feed.dims[axis])) {
    refuse('feed-shape', where, [`dims [${dims.join(', ')}]`, `[${feed.dims.join(', ')}]`]);
  }
}

function refuse(code: ErrorCode, where: string, [expected, got]: readonly [string, string]): never {
  fail({ code, where, expected, got });
}
