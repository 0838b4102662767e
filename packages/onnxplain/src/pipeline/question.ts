import { asBatch, fail, type Score, type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import type { Link } from '@onnxplain/graph';
import type { PredictionRecord } from '@onnxplain/report';
import { type Feeds, type Model, predict, score } from '@onnxplain/runtime';
import type { NamedInput } from '../files/load.js';

/** What is asked of a model about its inputs. */
export interface Asked {
  /** 'predicted' (default): of each input its own best class, as the model sees it unperturbed; one class for all; or one per input. */
  readonly target?: 'predicted' | number | readonly number[];
  /** 'logit' (default): the output as it stands; 'probability': after a softmax, unless it is one; 'margin': over the best other class. */
  readonly link?: Link;
  /** Output to explain; default: the only one of floats. */
  readonly output?: string;
  /** Input to explain, or an inner value; default: the only float input. */
  readonly input?: string;
  /** Values of the model's other inputs, one row each, used for every explained input. */
  readonly feeds?: Feeds;
  /** Least and greatest value of an input element; default: unbounded. */
  readonly bounds?: readonly [low: number, high: number];
  /** Rows of one run; default: measured. */
  readonly batch?: number;
  /** Checked between two runs; then everything throws `aborted`. */
  readonly signal?: AbortSignal;
  /** Name of a class, for the record. */
  readonly label?: (k: number) => string | undefined;
}

/** One input with its question settled: f, and what the model says there. */
export interface Question {
  readonly input: NamedInput;
  readonly target: number;
  readonly targetLabel?: string;
  /** Absent for an output of one number. */
  readonly prediction?: PredictionRecord;
  readonly f: Score;
  /** f at the input. */
  readonly value: number;
}

/**
 * Settles target and score of every input. Inputs with the same target and shape share a score object; all share runs.
 * Throws `usage` for a list of targets of another length, and what `predict` and `score` throw.
 */
export async function ask(
  model: Model,
  inputs: readonly NamedInput[],
  asked: Asked,
): Promise<readonly Question[]> {
  const { target = 'predicted' } = asked;
  expectOnePerInput(target, inputs.length);
  const scores = scoreMaker(model, asked);
  const own = (i: number) => (typeof target === 'object' ? target[i] : target);
  return Promise.all(inputs.map((input, i) => askOne(input, own(i), { model, asked, scores })));
}

interface Asking {
  readonly model: Model;
  readonly asked: Asked;
  readonly scores: ScoreMaker;
}

async function askOne(
  input: NamedInput,
  target: 'predicted' | number,
  { model, asked, scores }: Asking,
): Promise<Question> {
  const { output, input: name, feeds, label } = asked;
  const { shape } = input.tensor;
  const one = asBatch(input.tensor);
  const { scores: outputs, classes } = await predict(model, { output, input: name, feeds, shape }, one);
  const [best] = classes;
  const chosen = target === 'predicted' ? best : target;
  const f = await scores(chosen, shape);
  const [value] = await f.value(one);
  return {
    input,
    target: chosen,
    targetLabel: label?.(chosen),
    prediction: predictionOf(outputs, { best, label }),
    f,
    value,
  };
}

function expectOnePerInput(target: Asked['target'], inputs: number): void {
  if (!Array.isArray(target) || target.length === inputs) return;
  fail({
    code: 'usage',
    where: 'target',
    expected: `one class for all inputs, or ${inputs}, one per input`,
    got: `${target.length}`,
  });
}

type ScoreMaker = (target: number, shape: Shape) => Promise<Score>;

/** Scores of a model, one for each target and shape. */
function scoreMaker(model: Model, { output, input, feeds, link, bounds, batch, signal }: Asked): ScoreMaker {
  const made = new Map<string, Promise<Score>>();
  return (target, shape) => {
    const id = `${target} of [${shape.join(', ')}]`;
    const known =
      made.get(id) ?? score(model, { target, shape, output, input, feeds, link, bounds, batch, signal });
    made.set(id, known);
    return known;
  };
}

function predictionOf(
  outputs: Tensor,
  { best, label }: { best: number; label: Asked['label'] },
): PredictionRecord | undefined {
  if (sizeOf(outputs.shape) === 1) return undefined;
  return { class: best, label: label?.(best), output: outputs.data[best] };
}
