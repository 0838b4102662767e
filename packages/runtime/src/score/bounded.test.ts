/** A model that lives long keeps a bounded number of things, whatever passes through it: counted, not weighed. */
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tensor } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { InferenceSession } from 'onnxruntime-node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { graphOf, linear, node, value } from '../../test/models.js';
import { independences, queues } from '../function/queues.js';
import { type Model, sessionLimit } from '../model/model.js';
import { open } from '../model/open.js';
import { score } from './score.js';

/** y = tanh(x) * b for rows of any length. */
const anyLength = graphOf({
  inputs: [value('x', ['N', 'length']), value('b', ['N', 'length'])],
  outputs: [value('y', ['N', 'length'])],
  nodes: [node('Tanh', ['x'], ['h']), node('Mul', ['h', 'b'], ['y'])],
});

const filled = (length: number, number: number) => tensor(new Float32Array(length).fill(number), [1, length]);

const opened = (graph = anyLength): Promise<Model> => open(write(graph), { device: 'cpu', threads: 1 });

/** Value and gradient of the first element of y at x = 0: 0 and b. */
async function expectScored(model: Model, length: number, b: number): Promise<void> {
  const f = await score(model, { target: 0, input: 'x', shape: [length], feeds: { b: filled(length, b) } });
  const x = filled(length, 0);
  expect([...(await f.value(x))]).toEqual([0]);
  expect([...(await f.gradient(x)).data]).toEqual([b, ...Array(length - 1).fill(0)]);
}

test('scores with feeds of their own keep at most the documented number of queues', async () => {
  await using model = await opened();
  const { values } = queues.limits;
  for (let i = 1; i <= values + 50; i++) await expectScored(model, 3, i);
  expect(model.cache(queues).size).toBe(values);
  expect(model.cache(independences).size).toBeLessThanOrEqual(independences.limits.values);
  // The graph is one, whatever is fed: value, gradient and what tells the shape of the output.
  expect(model.openSessions()).toBeLessThanOrEqual(3);
});

test('queues with large feeds keep at most the documented number of bytes', async () => {
  await using model = await opened();
  const { bytes = 0 } = queues.limits;
  const length = bytes / 16;
  for (let i = 1; i <= 6; i++) {
    const feeds = { b: filled(length, i) };
    const f = await score(model, { target: 0, input: 'x', shape: [length], feeds });
    expect((await f.value(filled(length, 1)))[0]).toBeCloseTo(Math.tanh(1) * i, 5);
  }
  // A feed has 4 bytes an element, so that four of them fit.
  expect(model.cache(queues).size).toBe(4);
});

test('rows of 150 lengths share the sessions of one length', async () => {
  await using model = await opened();
  await expectScored(model, 151, 2);
  const sessions = model.openSessions();
  for (let length = 1; length <= 150; length++) await expectScored(model, length, 2);
  expect(model.openSessions()).toBe(sessions);
});

/** The gradient by rules of their own, each of which needs a session of its own. */
async function sloped(model: Model, epsilon: number): Promise<readonly number[]> {
  const f = await score(model, { target: 0, rules: { name: 'lrp-epsilon', epsilon } });
  return [...(await f.gradient(tensor(Float32Array.of(1, 2, 3), [1, 3]))).data];
}

test('rules of many kinds keep at most the documented number of sessions, and give the same numbers when they come back', async () => {
  await using model = await opened(linear());
  const limit = sessionLimit(model.graph);
  const first = await sloped(model, 1);
  for (let epsilon = 2; epsilon <= limit + 5; epsilon++) {
    expect(await sloped(model, epsilon)).not.toEqual(first);
    expect(model.openSessions()).toBeLessThanOrEqual(limit);
  }
  expect(model.openSessions()).toBe(limit);
  expect(await sloped(model, 1)).toEqual(first);
});

test('concurrent scores of more rules than a model keeps sessions for all get their numbers', async () => {
  await using model = await opened(linear());
  const all = Array.from({ length: sessionLimit(model.graph) + 5 }, (_, i) => i + 1);
  const together = await Promise.all(all.map((epsilon) => sloped(model, epsilon)));
  for (const epsilon of [1, 20, 37]) expect(await sloped(model, epsilon)).toEqual(together[epsilon - 1]);
  expect(model.openSessions()).toBeLessThanOrEqual(sessionLimit(model.graph));
});

/** Collects what is not referenced, until `done`. */
async function collectUntil(done: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  for (let i = 0; i < 50 && !done(); i++) {
    collect();
    await setTimeout(20);
  }
}

test('a model that nobody references any more releases its sessions', async () => {
  const session = await InferenceSession.create(write(linear()));
  const release = vi.spyOn(Object.getPrototypeOf(session), 'release');
  onTestFinished(() => release.mockRestore());
  const open = async () => expectScored(await opened(), 3, 1);
  await open();
  await collectUntil(() => release.mock.calls.length > 0);
  expect(release).toHaveBeenCalled();
});
