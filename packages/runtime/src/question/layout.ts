import { type Layout, layoutByShape } from '@onnxplain/core';
import { channelAxes, layoutIn } from '@onnxplain/graph';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import type { Question } from './question.js';

/** Layouts by the identity of the question, which includes the shape of a row. */
const layouts = cacheKind<Layout | undefined>(64);
const channels = cacheKind<ReturnType<typeof channelAxes>>(64);

/** What the axes of a question's input are: what the graph tells, else the shape by itself; undefined where neither does. */
export function layoutOf(model: Model, { graph, input, identity }: Question): Layout | undefined {
  return model.cache(layouts).get(identity, () => layoutIn(graph, input.name) ?? layoutByShape(input.shape));
}

/** Which axis of values inside the graph holds channels. */
export function channelsOf(model: Model, { graph, identity }: Question): ReturnType<typeof channelAxes> {
  return model.cache(channels).get(identity, () => channelAxes(graph));
}
