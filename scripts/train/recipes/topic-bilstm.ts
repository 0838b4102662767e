import { type Key, stream } from '@onnxplain/core';
import { type Constant, constantFrom } from '@onnxplain/graph';
import {
  type Question,
  type Questions,
  readQuestions,
  readWordVectors,
  type WordVectors,
  wordsOf,
} from '../../data/topics.js';
import type { Examples } from '../examples.js';
import { chain, dense } from '../layers.js';
import { network } from '../network.js';
import { adam } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { bilstm, embedding, maxOverWords } from '../recurrent.js';

/** Words that are not in the vocabulary have this one's vector, which is zero. */
const UNKNOWN = '[UNK]';
const UNITS = 64;
/** The share of words that are unknown in training: a text without some of its words is then nothing new to the model. */
const DROPPED = 0.1;

const topics = [
  ...['banking', 'credit_cards', 'kitchen_and_dining', 'home', 'auto_and_commute'],
  ...['travel', 'utility', 'work', 'small_talk', 'meta'],
];

/** {@link UNKNOWN} and the words that the training questions have at least twice, in order of their first use. */
function vocabularyOf({ splits }: Questions): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of splits.train.flatMap(({ text }) => wordsOf(text)))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  return [UNKNOWN, ...[...counts].filter(([, count]) => count > 1).map(([word]) => word)];
}

/** Ids of the words of a text. A text without words is one unknown word. */
export function idsOf(text: string, vocabulary: ReadonlyMap<string, number>): readonly number[] {
  const ids = wordsOf(text).map((word) => vocabulary.get(word) ?? 0);
  return ids.length === 0 ? [0] : ids;
}

/** Questions as examples, in batches of texts of one length. `dropped` is the probability that a word is unknown. */
function questionExamples(
  questions: readonly Question[],
  words: readonly string[],
  dropped: number,
): Examples {
  const numbers = new Map(words.map((word, id) => [word, id]));
  const ids = questions.map(({ text }) => idsOf(text, numbers));
  return {
    labels: questions.map(({ label }) => label),
    groups: ids.map(({ length }) => length),
    feeds(picked: Uint32Array, key: Key) {
      const random = stream(key);
      const kept = (id: number) => (dropped > 0 && random.uniform() < dropped ? 0 : id);
      const rows = Array.from(picked, (index) => ids[index]);
      const data = BigInt64Array.from(rows.flat(), (id) => BigInt(kept(id)));
      return { ids: { dtype: 'int64', dims: [rows.length, rows[0].length], data } };
    },
  };
}

/** A table of the vectors of words; words without a vector have zeros. */
function tableOf(words: readonly string[], vectors: WordVectors): Constant {
  const numbers = new Float64Array(words.length * vectors.width);
  words.forEach((word, id) => {
    const vector = id === 0 ? undefined : vectors.of(word);
    if (vector !== undefined) numbers.set(vector, id * vectors.width);
  });
  return constantFrom('float32', [words.length, vectors.width], numbers);
}

/** A classifier of sentences by topic, explained at its word vectors. */
export const topicBilstm: Recipe = {
  card: {
    description:
      'User questions by topic, as ids of words: word vectors, an LSTM in both directions, the maximum over words, a dense layer',
    output: 'logits',
    labels: topics,
    vocabulary: 'topic-bilstm.vocab.txt',
    pad: UNKNOWN,
  },
  data: 'CLINC150 by domain (15 000 questions of split train to train, 4 500 of split test for the accuracy), GloVe 6B vectors of 100 numbers',
  optimiser: adam(),
  rate: 0.004,
  epochs: 12,
  batch: 50,
  averaging: 0.99,
  prepare(folder = '') {
    const questions = readQuestions(folder);
    const words = vocabularyOf(questions);
    const { train, test } = questions.splits;
    return {
      training: () => questionExamples(train, words, DROPPED),
      test: () => questionExamples(test, words, 0),
      files: { 'topic-bilstm.vocab.txt': Buffer.from(`${words.join('\n')}\n`) },
      network: (key) => network(networkOf(tableOf(words, readWordVectors(folder))), key),
    };
  },
};

function networkOf(table: Constant) {
  return {
    name: 'topic-bilstm',
    input: { name: 'ids', dtype: 'int64', dims: ['N', 'words'] },
    layers: chain([
      embedding(table),
      bilstm({ from: table.dims[1], units: UNITS }),
      maxOverWords,
      dense({ from: 2 * UNITS, to: topics.length }),
    ]),
    output: { name: 'logits', dtype: 'float32', dims: ['N', topics.length] },
  } as const;
}
