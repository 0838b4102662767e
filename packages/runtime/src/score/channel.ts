import { sizeOf } from '@onnxplain/core';
import { type Link, prune } from '@onnxplain/graph';
import { differentiate } from '../gradient.js';
import type { Model } from '../model.js';
import { type Lane, lane } from './lane.js';
import { bytesPerRow } from './memory.js';
import { type Question, type Selected, selectScore } from './question.js';
import { rowRunner } from './run.js';
import { sizesOf } from './sizes.js';

export interface ChannelOptions {
  readonly link: Link;
  readonly predicted: boolean;
  readonly rules: string;
  readonly batch: number | undefined;
  readonly memory: number;
}

/**
 * Value and gradient of a question's score: scores that ask the same share it, so their calls are joined.
 * Sessions open at the first use.
 */
export interface Channel {
  value(): Lane;
  gradient(): Lane;
}

export function channel(model: Model, question: Question, options: ChannelOptions): Channel {
  const { link, predicted, rules } = options;
  const identity = `${question.identity} ${link}${predicted ? ' predicted' : ''}`;
  const selected = () => model.shared(`selected ${identity}`, () => selectScore(question, link, predicted));
  return {
    value() {
      const name = `value ${identity}`;
      return shareLane(model, question, { ...options, name, make: selected, width: 1 });
    },
    gradient() {
      const name = `gradient ${rules} ${identity}`;
      const make = () => differentiate(selected(), question.input.name, rules);
      return shareLane(model, question, { ...options, name, make, width: sizeOf(question.input.shape) });
    },
  };
}

/** The numbers of the output itself, all classes of each row. */
export function outputLane(
  model: Model,
  question: Question,
  options: { classes: number; memory: number },
): Lane {
  const { output, identity } = question;
  const port = question.graph.outputs.filter(({ name }) => name === output);
  const make = (): Selected => ({
    graph: prune({ ...question.graph, outputs: port }),
    target: undefined,
    score: output,
  });
  return shareLane(model, question, { ...options, name: `output ${identity}`, make, width: options.classes });
}

interface LaneRequest {
  readonly name: string;
  readonly make: () => Selected;
  readonly width: number;
  readonly batch?: number;
  readonly memory: number;
}

function shareLane(model: Model, question: Question, request: LaneRequest): Lane {
  const { name, batch, memory, width } = request;
  return model.shared(`lane ${name} ${batch} ${memory} ${question.fixed.id}`, () => {
    const { graph, target, score } = request.make();
    const { input, fixed } = question;
    const affordable = () => Math.max(1, Math.floor(memory / Math.max(1, bytesPerRow(graph))));
    const { batching, filled } = sizesOf({
      device: model.device,
      fixedRows: model.fixedRows,
      batch,
      affordable,
    });
    return lane({
      width,
      batching,
      allocate: (length) => (input.dtype === 'float64' ? new Float64Array(length) : new Float32Array(length)),
      run: rowRunner({
        session: () => model.session(name, () => graph),
        input,
        target,
        fixed,
        output: score,
        width,
        filled,
      }),
    });
  });
}
