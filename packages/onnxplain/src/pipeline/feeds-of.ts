import type { Feeds } from '@onnxplain/runtime';
import type { Asked } from './question.js';

/** Values of the other inputs that go with input i. */
export const feedsOf = (feeds: Asked['feeds'], i: number): Feeds | undefined =>
  isList(feeds) ? feeds[i] : feeds;

const isList = (feeds: Asked['feeds']): feeds is readonly Feeds[] => Array.isArray(feeds);
