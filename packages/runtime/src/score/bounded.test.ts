/** A model that lives long keeps a bounded number of things, whatever passes through it: counted, not weighed. */
import { tensor } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { graphOf, node, value } from '../../test/models.js';
import { independences, queues } from '../function/queues.js';
import { type Model, sessionLimit } from '../model/model.js';
import { open } from '../model/open.js';
import { predict } from './predict.js';
import { score } from './score.js';

/** y = tanh(x) * b for rows of any length. */
const anyLength = graphOf({
  inputs: [value('x', ['N', 'length']), value('b', ['N', 'length'])],
  outputs: [value('y', ['N', 'length'])],
  nodes: [node('Tanh', ['x'], ['h']), node('Mul', ['h', 'b'], ['y'])],
});

const filled = (length: number, number: number) => tensor(new Float32Array(length).fill(number), [1, length]);

const opened = (): Promise<Model> => open(write(anyLength), { device: 'cpu', threads: 1 });

/** Value and gradient of the first element of y at x = 0: 0 and b. */
async function expectScored(model: Model, length: number, b: number): Promise<void> {
  const f = await score(model, { target: 0, input: 'x', shape: [length], feeds: { b: filled(length, b) } });
  const x = filled(length, 0);
  expect([...(await f.value(x))]).toEqual([0]);
  expect([...(await f.gradient(x)).data]).toEqual([b, ...Array(length - 1).fill(0)]);
}

test('scores with feeds of their own keep at most the documented number of queues', async () => {
  await using model = await opened();
  for (let i = 1; i <= queues.limit + 50; i++) await expectScored(model, 3, i);
  expect(model.cache(queues).size).toBe(queues.limit);
  expect(model.cache(independences).size).toBeLessThanOrEqual(independences.limit);
  // The graph is one, whatever is fed: value, gradient and what tells the shape of the output.
  expect(model.openSessions()).toBeLessThanOrEqual(3);
});

test('rows of many lengths keep at most the documented number of sessions, and give the right numbers when a length comes back', async () => {
  await using model = await opened();
  const limit = sessionLimit(model.graph);
  for (let length = 1; length <= limit; length++) {
    await expectScored(model, length, 2);
    expect(model.openSessions()).toBeLessThanOrEqual(limit);
  }
  expect(model.openSessions()).toBe(limit);
  await expectScored(model, 1, 3);
});

test('concurrent scores of more lengths than a model keeps sessions for all get their numbers', async () => {
  await using model = await opened();
  const lengths = Array.from({ length: sessionLimit(model.graph) }, (_, i) => i + 1);
  await Promise.all(lengths.map((length) => expectScored(model, length, length)));
  const feeds = { b: filled(2, 5) };
  const { scores } = await predict(model, { input: 'x', shape: [2], feeds }, filled(2, 0));
  expect([...scores.data]).toEqual([0, 0]);
  expect(model.openSessions()).toBeLessThanOrEqual(sessionLimit(model.graph));
});
