import type { Feeds } from '@onnxplain/runtime';
import type { QueryOptions } from './scored-input.js';

/** Values of the other inputs that go with input i. */
export const feedsOf = (feeds: QueryOptions['feeds'], i: number): Feeds | undefined =>
  isList(feeds) ? feeds[i] : feeds;

const isList = (feeds: QueryOptions['feeds']): feeds is readonly Feeds[] => Array.isArray(feeds);
