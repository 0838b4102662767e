/**
 * Writes the sentences that examples and experiments explain: of each topic the first test questions of 6 to 12 words, all of them known, as
 * models/sentences/TOPIC-K.npy (ids of words, [1, words]), and the vectors of 20 random words, models/random-words.npy ([20, 1, size]), which
 * take the place of removed words: `npx tsx scripts/make-sentences.ts --data FOLDER [--each 3]`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { key, stream, tensor } from '@onnxplain/core';
import { readVocabulary, writeNpy } from '@onnxplain/files';
import { numbersOf, read } from '@onnxplain/graph';
import { readQuestions, wordsOf } from './data/topics.js';

const { values: given } = parseArgs({
  options: { data: { type: 'string', default: '.' }, each: { type: 'string', default: '3' } },
});
const models = join(import.meta.dirname, '../models');
const folder = join(models, 'sentences');
mkdirSync(folder, { recursive: true });
const vocabulary = readVocabulary(join(models, 'topic-bilstm.vocab.txt'));
const { topics, splits } = readQuestions(given.data);
for (const [label, topic] of topics.entries()) {
  const ids = splits.test
    .filter((question) => question.label === label)
    .map(({ text }) => wordsOf(text).map((word) => vocabulary.indexOf(word)))
    .filter((words) => words.length >= 6 && words.length <= 12 && !words.includes(-1));
  for (const [k, row] of ids.slice(0, Number(given.each)).entries())
    writeFileSync(join(folder, `${topic}-${k + 1}.npy`), writeNpy(tensor(row, [1, row.length])));
}

const { constants } = read(readFileSync(join(models, 'topic-bilstm.onnx')));
const vectors = [...constants.values()].find(({ dims }) => dims[0] === vocabulary.length);
if (vectors === undefined) throw new Error('topic-bilstm.onnx has no table with a vector for each word');
const size = vectors.dims[1];
const numbers = numbersOf(vectors);
const random = stream(key(0));
const words = Array.from({ length: 20 }, () => 1 + random.below(vocabulary.length - 1));
writeFileSync(
  join(models, 'random-words.npy'),
  writeNpy(
    tensor(
      Float32Array.from(
        words.flatMap((word) => Array.from(numbers.slice(word * size, (word + 1) * size), Number)),
      ),
      [words.length, 1, size],
    ),
  ),
);
