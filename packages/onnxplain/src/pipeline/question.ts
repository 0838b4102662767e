import { asBatch, fail, type Score, type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import type { Holds, Link } from '@onnxplain/graph';
import type { PredictionRecord } from '@onnxplain/report';
import { type Feeds, type Model, predict, score } from '@onnxplain/runtime';
import type { NamedInput } from '../files/load.js';
import { contentOf } from './content.js';
import { feedsOf } from './feeds-of.js';
import { holdsFor } from './meaning.js';

/** What is asked of a model about its inputs. */
export interface Asked {
  /** 'predicted' (default): of each input its own best class, as the model sees it unperturbed; one class for all; or one per input. */
  readonly target?: 'predicted' | number | readonly number[];
  /** 'logit' (default): the output as it stands; 'probability': the probability of the class, whatever the output holds; 'margin': over the best other class. */
  readonly link?: Link;
  /** What the output holds; default: found out, by the graph or by what the model gives on the inputs and on random rows: see `outputMeaning`. */
  readonly holds?: Holds;
  /** Output to explain; default: the only one of floats. */
  readonly output?: string;
  /** Input to explain, or an inner value; default: the only float input. */
  readonly input?: string;
  /** Values of the model's other inputs, one row each: used for every explained input; or a list with one per input. */
  readonly feeds?: Feeds | readonly Feeds[];
  /** Other inputs whose first axis is the batch axis, though the model has another name for it: see `QuestionOptions`. */
  readonly perRow?: readonly string[];
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
  /** Hash of the input and the feeds that go with it, of which its keys are made: see `contentHash`. */
  readonly content: string;
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
 * Throws `usage` for a list of targets or feeds of another length, and what `predict` and `score` throw.
 */
export async function ask(
  model: Model,
  inputs: readonly NamedInput[],
  asked: Asked,
): Promise<readonly Question[]> {
  const { target = 'predicted', feeds } = asked;
  expectOnePerInput({ target, feeds }, inputs.length);
  const scores = scoreMaker(model, { ...asked, holds: await holdsFor(model, inputs, asked) });
  const own = (i: number) => ({
    target: typeof target === 'object' ? target[i] : target,
    feeds: feedsOf(feeds, i),
  });
  return Promise.all(inputs.map((input, i) => askOne({ input, ...own(i) }, { model, asked, scores })));
}

/** One input, with what is its own of the question. */
interface Own {
  readonly input: NamedInput;
  readonly target: 'predicted' | number;
  readonly feeds: Feeds | undefined;
}

interface Asking {
  readonly model: Model;
  readonly asked: Asked;
  readonly scores: ScoreMaker;
}

async function askOne({ input, target, feeds }: Own, { model, asked, scores }: Asking): Promise<Question> {
  const { output, input: name, perRow, label } = asked;
  const { shape } = input.tensor;
  const one = asBatch(input.tensor);
  const found = await predict(model, { output, input: name, feeds, perRow, shape }, one);
  const [best] = found.classes;
  const chosen = target === 'predicted' ? best : target;
  const f = await scores({ target: chosen, shape, feeds });
  const [value] = await f.value(one);
  return {
    input,
    content: contentOf(input.tensor, feeds),
    target: chosen,
    targetLabel: label?.(chosen),
    prediction: predictionOf(found.scores, { best, label }),
    f,
    value,
  };
}

function expectOnePerInput(lists: Pick<Asked, 'target' | 'feeds'>, inputs: number): void {
  for (const [where, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || list.length === inputs) continue;
    const one = where === 'target' ? 'one class for all inputs' : 'the same for all inputs';
    fail({ code: 'usage', where, expected: `${one}, or ${inputs}, one per input`, got: `${list.length}` });
  }
}

interface Sharing {
  readonly target: number;
  readonly shape: Shape;
  readonly feeds: Feeds | undefined;
}

type ScoreMaker = (sharing: Sharing) => Promise<Score>;

/** Scores of a model, one for each target, shape and feeds. */
function scoreMaker(model: Model, asked: Asked): ScoreMaker {
  const { output, input, perRow, link, holds, bounds, batch, signal } = asked;
  const made = new Map<Feeds | undefined, Map<string, Promise<Score>>>();
  return ({ target, shape, feeds }) => {
    const alike = made.get(feeds) ?? new Map<string, Promise<Score>>();
    made.set(feeds, alike);
    const id = `${target} of [${shape.join(', ')}]`;
    const known =
      alike.get(id) ??
      score(model, { target, shape, output, input, feeds, perRow, link, holds, bounds, batch, signal });
    alike.set(id, known);
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
