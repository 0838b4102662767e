import type { RowAxis } from '@onnxplain/core';
import type { Model } from '../model/model.js';
import { rowAxesOf } from '../model/row-axes.js';
import { givenAxis, type RowAxes } from '../rows/row-axes.js';
import type { Port } from '../session/value.js';
import type { FunctionOptions } from './model-function.js';
import { chooseInput, chooseOutput } from './ports.js';

/** Which axis of each array of a function holds the rows. */
export interface RowLayout extends Pick<RowAxes, 'input' | 'output' | 'perRun' | 'reason'> {
  /** Returns the row axis of another input of the model. */
  axisOf(port: Port): RowAxis;
}

/** Finds how arrays of a function's inputs divide into rows. Throws as `score` does for names of inputs and outputs. */
export function rowLayout(
  model: Model,
  { input: name, output, feeds = {} }: Pick<FunctionOptions, 'input' | 'output' | 'feeds'>,
): RowLayout {
  const { graph: after, port: input } = chooseInput(model.graph, name, feeds);
  const { graph, port } = chooseOutput(after, output);
  const axes = rowAxesOf(model, graph, { input, output: port });
  return { ...axes, axisOf: (other) => axisBeside(other, { axes, input, model }) };
}

/** Returns the axis that the caller named, else the axis of the batch symbol, else that of the explained input. */
function axisBeside(
  port: Port,
  { axes, input, model }: { axes: RowAxes; input: Port; model: Model },
): RowAxis {
  const given = port.name === input.name ? axes.input : givenAxis(model.givenAxes, port);
  if (given !== undefined || axes.input === 'none') return given ?? 'none';
  const found = axes.symbol === undefined ? -1 : (port.dims?.indexOf(axes.symbol) ?? -1);
  if (found >= 0) return found;
  return port.dims !== undefined && axes.input < port.dims.length ? axes.input : 0;
}
