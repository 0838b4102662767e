import { type Layout, layoutByShape } from '@onnxplain/core';
import { channelAxes, layoutIn } from '@onnxplain/graph';
import type { Model } from '../model/model.js';
import type { Question } from './question.js';

/** What the axes of a question's input are: what the graph tells, else the shape by itself; undefined where neither does. */
export function layoutOf(model: Model, { graph, input, identity }: Question): Layout | undefined {
  return model.shared(`layout ${identity}`, () => ({
    layout: layoutIn(graph, input.name) ?? layoutByShape(input.shape),
  })).layout;
}

/** Which axis of values inside the graph holds channels. */
export function channelsOf(model: Model, { graph, identity }: Question): ReturnType<typeof channelAxes> {
  return model.shared(`channels ${identity}`, () => channelAxes(graph));
}
