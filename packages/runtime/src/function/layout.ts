import { type Layout, layoutByShape } from '@onnxplain/core';
import { channelAxes, layoutIn } from '@onnxplain/graph';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import type { ModelFunction } from './model-function.js';

/** Layouts by the identity of the function, which includes the shape of a row. */
const layouts = cacheKind<Layout | undefined>(64);
const channels = cacheKind<ReturnType<typeof channelAxes>>(64);

/** The layout of a function's input, as the graph or else the shape tells it. Undefined where neither does. */
export function layoutOf(model: Model, { graph, input, identity }: ModelFunction): Layout | undefined {
  return model.cache(layouts).get(identity, () => layoutIn(graph, input.name) ?? layoutByShape(input.shape));
}

/** Which axis of values inside the graph holds channels. */
export function channelsOf(model: Model, { graph, identity }: ModelFunction): ReturnType<typeof channelAxes> {
  return model.cache(channels).get(identity, () => channelAxes(graph));
}
