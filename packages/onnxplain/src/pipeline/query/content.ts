import { type Content, contentHash, type Tensor } from '@onnxplain/core';
import { type Feed, type Feeds, toTensor } from '@onnxplain/runtime';

/**
 * Returns the content hash of an input and of the feeds that go with it: see `contentHash`. A feed has the same hash with and without a
 * batch axis of size 1.
 */
export function contentOf(x: Tensor, feeds: Feeds = {}): string {
  const contents = Object.entries(feeds).map(([name, feed]) => [name, feedContent(feed, name)] as const);
  return contentHash(x, Object.fromEntries(contents));
}

/** Returns what is hashed of a feed: its shape without leading axes of size 1, and its numbers or texts. */
export function feedContent(feed: Feed, name: string): Content {
  const { shape, data } = asContent(feed, name);
  const first = shape.findIndex((size) => size !== 1);
  return { shape: first < 0 ? [] : shape.slice(first), data };
}

function asContent(feed: Feed, name: string): Content {
  if ('shape' in feed) return feed;
  // The data of float16 are bits, not numbers.
  return feed.dtype === 'float16' ? toTensor(feed, name) : { shape: feed.dims, data: feed.data };
}
