import { contentHash, own, type Tensor } from '@onnxplain/core';
import type { Query } from '@onnxplain/experiment';
import type { FileRecord } from '@onnxplain/report';
import type { Feeds } from '@onnxplain/runtime';
import { feedContent } from './content.js';

/** The arrays that queries name by content hash. */
export interface QueryArrays {
  /** The values of all further inputs of one query, by {@link feedsKey}. Scores with the same object share their runs. */
  readonly feeds: ReadonlyMap<string, Feeds>;
  /** The weights of a target's sums, by their content hash. */
  readonly masks: ReadonlyMap<string, TargetMask>;
}

/** Weights of the sums of a target. */
export interface TargetMask {
  readonly weights: Tensor;
  /** The file that they were read from; absent where they come from a program. */
  readonly file?: FileRecord;
}

/** Returns the values of the further inputs of a query; undefined where the query has none. */
export const feedsOf = (query: Query, { feeds }: QueryArrays): Feeds | undefined =>
  feeds.get(feedsKey(query.feeds));

/** Returns a text that is equal for feeds with the same names and content hashes. */
export const feedsKey = (hashes: Query['feeds']): string =>
  JSON.stringify(
    Object.keys(hashes)
      .sort()
      .map((name) => [name, own(hashes, name)]),
  );

/** Collects arrays and returns the hashes by which queries name them. */
export interface ArrayCollector {
  readonly arrays: QueryArrays;
  addFeeds(feeds: Feeds | undefined): Query['feeds'];
  addMask(mask: TargetMask): string;
}

/** Returns a collector without arrays. It hashes each feeds object once, however many inputs share it. */
export function arrayCollector(): ArrayCollector {
  const feeds = new Map<string, Feeds>();
  const masks = new Map<string, TargetMask>();
  const hashed = new Map<Feeds, Query['feeds']>();
  return {
    arrays: { feeds, masks },
    addFeeds(given = {}) {
      const hashes = hashed.get(given) ?? hashesOf(given);
      hashed.set(given, hashes);
      const key = feedsKey(hashes);
      if (Object.keys(hashes).length > 0 && !feeds.has(key)) feeds.set(key, given);
      return hashes;
    },
    addMask(mask) {
      const hash = contentHash(mask.weights);
      masks.set(hash, masks.get(hash) ?? mask);
      return hash;
    },
  };
}

const hashesOf = (feeds: Feeds): Query['feeds'] =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [name, contentHash(feedContent(feed, name))] as const),
  );
