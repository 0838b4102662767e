/**
 * Writes the sentences that examples and experiments explain: of each topic the first test questions of 6 to 12 words, all of them known, as
 * models/sentences/TOPIC-K.npy (ids of words, [1, words]): `npx tsx scripts/make-sentences.ts --data FOLDER [--each 3]`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tensor } from '@onnxplain/core';
import { readVocabulary, writeNpy } from '@onnxplain/files';
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
