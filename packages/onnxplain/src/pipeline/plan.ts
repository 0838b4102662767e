import { contentHash, type Tensor } from '@onnxplain/core';
import { PLAN_VERSION, type Plan, type Query } from '@onnxplain/experiment';
import type { NamedInput } from '@onnxplain/files';
import { contentOf, feedContent } from './content.js';
import { feedsOf } from './feeds-of.js';
import type { Place } from './place.js';
import type { Prepared } from './prepare.js';
import { environmentOf } from './record.js';
import type { QueryOptions } from './scored-input.js';

/** What a plan is about: an opened model, its inputs, and what is asked about them. */
export interface Planned extends Pick<Prepared, 'model' | 'about' | 'asked'> {
  readonly inputs: readonly NamedInput[];
}

/** What is computed for every input, by canonical expressions. */
export interface PlanOptions {
  readonly explainers: readonly { readonly expression: string }[];
  readonly metrics: readonly { readonly expression: string }[];
  readonly seed: number;
}

/** The plan of a run, before anything runs: inputs whose questions are the same share a query. */
export function planOf(planned: Planned, { explainers, metrics, seed }: PlanOptions): Plan {
  const { model, asked, inputs } = planned;
  const { onnxplain, onnxruntime, device } = environmentOf(model);
  const texts = inputs.map((_, i) => JSON.stringify(queryOf(planned, i)));
  const queries = [...new Set(texts)];
  return {
    format: 'onnxplain-plan',
    version: PLAN_VERSION,
    program: { onnxplain, onnxruntime, device },
    queries: queries.map((text): Query => JSON.parse(text)),
    inputs: inputs.map(({ name, tensor }, i) => ({
      name,
      content: contentOf(tensor, feedsOf(asked.feeds, i)),
      query: queries.indexOf(texts[i]),
    })),
    explainers: explainers.map(({ expression }) => expression),
    metrics: metrics.map(({ expression }) => expression),
    seed,
  };
}

/** What is asked about input i. */
export function queryOf({ about, asked }: Pick<Planned, 'about' | 'asked'>, i: number): Query {
  const { output, batchAxis, target = 'predicted', mask, classAxis, link = 'logit', holds, input } = asked;
  const own = isListed(target) ? target[i] : target;
  const feeds = Object.entries(feedsOf(asked.feeds, i) ?? {});
  return {
    model: { sha256: about.sha256 },
    output,
    batchAxis,
    target: typeof own === 'object' ? placeOf(own, mask) : own,
    classAxis,
    link,
    holds,
    input,
    feeds: Object.fromEntries(feeds.map(([name, feed]) => [name, contentHash(feedContent(feed, name))])),
    bounds: asked.bounds,
    features: asked.layout ?? 'elements',
  };
}

const placeOf = ({ at }: Place, mask: Tensor | undefined): Extract<Query['target'], object> => ({
  at: [...at],
  mask: mask && contentHash(mask),
});

const isListed = (target: NonNullable<QueryOptions['target']>): target is readonly (number | Place)[] =>
  Array.isArray(target);
