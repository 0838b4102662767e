import { PLAN_VERSION, type Plan, type Query } from '@onnxplain/experiment';
import { type Plugin, pluginSources } from '../../expression/plugin.js';
import { feedsOf } from '../query/arrays.js';
import { contentOf } from '../query/content.js';
import type { QueriedInputs } from '../query/query.js';
import { environmentOf } from '../record/environment.js';

/** What is computed for every input: things with a canonical expression. */
export interface PlanOptions {
  readonly explainers: readonly { readonly expression: string }[];
  readonly metrics: readonly { readonly expression: string }[];
  /** Definitions that the expressions may name beside those of onnxplain; default none. */
  readonly plugins?: readonly Plugin[];
  readonly seed: number;
}

/** Makes the plan of a run, before anything is computed. Inputs with equal queries share one in the plan. */
export function planOf(
  queried: QueriedInputs,
  { explainers, metrics, plugins = [], seed }: PlanOptions,
): Plan {
  const { model, inputs, queries, arrays } = queried;
  const sources = pluginSources(plugins);
  const { onnxplain, onnxruntime, device } = environmentOf(model);
  const texts = queries.map((query) => JSON.stringify(query));
  const distinct = [...new Set(texts)];
  return {
    format: 'onnxplain-plan',
    version: PLAN_VERSION,
    program: { onnxplain, onnxruntime, device },
    queries: distinct.map((text): Query => JSON.parse(text)),
    inputs: inputs.map(({ name, tensor }, i) => ({
      name,
      content: contentOf(tensor, feedsOf(queries[i], arrays)),
      query: distinct.indexOf(texts[i]),
    })),
    explainers: explainers.map(({ expression }) => expression),
    metrics: metrics.map(({ expression }) => expression),
    ...(sources && { plugins: sources }),
    seed,
  };
}
