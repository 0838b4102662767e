import { row, rows, type Score, type Tensor } from '@onnxplain/core';
import { type Model, open, score } from '@onnxplain/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Case,
  distanceAcrossKinks,
  type Oracle,
  oracleModels,
  pathOf,
  readOracle,
  type StoredFile,
  tensorOf,
} from './oracle.js';

/** One row of a case: a score, an input, and the case's tensors. */
export interface Question {
  readonly of: Case;
  readonly file: StoredFile;
  readonly f: Score;
  /** The score of the logit itself, where f is its probability. */
  readonly logit: Score;
  readonly x: Tensor;
  /** A stored tensor, all of it. */
  stored(name: unknown): Tensor;
  /** The part of a stored tensor that belongs to this row: equal shares, first row first. */
  share(name: unknown): Tensor;
}

/** Numbers under the keys of a case's `expected`; those of several rows follow one another. */
export type Answer = (question: Question) => Promise<Readonly<Record<string, ArrayLike<number>>>>;

/** Asks every stored case of the methods on every export of every model, on ONNX Runtime's CPU provider. */
export function compareWithOracle(answers: Readonly<Record<string, Answer>>): void {
  for (const name of oracleModels) {
    const oracle = readOracle(name);
    for (const stored of oracle.files) {
      const path = pathOf(name, stored.file);
      describe(`${name}/${stored.file}`, () => compareFile({ oracle, stored, path }, answers));
    }
  }
}

interface OneFile {
  readonly oracle: Oracle;
  readonly stored: StoredFile;
  readonly path: string;
}

function compareFile({ oracle, stored, path }: OneFile, answers: Readonly<Record<string, Answer>>): void {
  let model: Model;
  beforeAll(async () => {
    model = await open(path, { device: 'cpu', threads: 1 });
  });
  afterAll(() => model.close());
  for (const of of oracle.cases) {
    const answer = answers[of.method];
    if (answer === undefined) continue;
    it(of.id, async () => {
      const found = await Promise.all(
        questions(oracle, of, stored).map(async (ask) => answer(await ask(model))),
      );
      for (const key of Object.keys(found[0])) {
        const got = found.flatMap((each) => Array.from(each[key]));
        expect({ key, distance: distanceAcrossKinks(of, key, got) }).toSatisfy(
          ({ distance }) => distance <= 1,
        );
      }
    });
  }
}

function questions(oracle: Oracle, of: Case, file: StoredFile): ((model: Model) => Promise<Question>)[] {
  const stored = (name: unknown) => tensorOf(oracle, name);
  const inputs = stored(of.input);
  const targets = typeof of.target === 'number' ? [of.target] : of.target;
  const link = of.params.of === 'softmax' ? 'probability' : 'logit';
  return targets.map((target, i) => async (model) => ({
    of,
    file,
    f: await score(model, { target, link }),
    logit: await score(model, { target }),
    x: row(inputs, i),
    stored,
    share: (name) => {
      const all = stored(name);
      const each = all.shape[0] / targets.length;
      return rows(all, i * each, (i + 1) * each);
    },
  }));
}
