import { expect, test } from 'vitest';
import { codeOf, graphOf, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { verify } from '../ir/verify.js';
import { linkAlong } from './link-along.js';

const SIZES = [2, 3, 4] as const;
// Whole numbers, so that several classes are often equally good.
const numbers = Array.from({ length: 24 }, (_, i) => Math.round(Math.sin(5 * i) * 2));
const y = graphOf({
  inputs: [value('x', ['N', 3, 4])],
  outputs: [value('y', ['N', 3, 4])],
  nodes: [node('y = Identity(x)')],
});

/** The entries that differ from an entry in their place along the axis only, itself first. */
function along(axis: number, at: readonly number[]): readonly number[] {
  const entry = ([i, j, k]: readonly number[]) => numbers[(i * 3 + j) * 4 + k];
  const others = Array.from({ length: SIZES[axis] }, (_, c) => c).filter((c) => c !== at[axis]);
  return [entry(at), ...others.map((c) => entry(at.map((index, i) => (i === axis ? c : index))))];
}

const DEFINITIONS = {
  probability: ([own, ...others]: readonly number[]) =>
    Math.exp(own) / [own, ...others].reduce((sum, z) => sum + Math.exp(z), 0),
  margin: ([own, ...others]: readonly number[]) => own - Math.max(...others),
} as const;

test.each([
  ['probability', 1],
  ['probability', 2],
  ['margin', 1],
  ['margin', 2],
] as const)('%s along axis %i compares the classes at each place of the other axes', (link, axis) => {
  const linked = linkAlong(y, { output: 'y', link, classes: { axis, size: SIZES[axis] } });
  verify(linked.graph);
  const found = interpret(linked.graph, { x: numArray('float32', SIZES, numbers) })[linked.name];
  expect(found.dims).toEqual(SIZES);
  for (const [at, number] of [...found.data].entries()) {
    const place = [Math.floor(at / 12), Math.floor(at / 4) % 3, at % 4];
    expect(number).toBeCloseTo(DEFINITIONS[link](along(axis, place)), 5);
  }
});

test('a single class gets a sigmoid, probabilities stay, and log-probabilities get an exponential', () => {
  const one = linkAlong(y, { output: 'y', link: 'probability', classes: { axis: 1, size: 1 } });
  const [first] = interpret(one.graph, { x: numArray('float32', SIZES, numbers) })[one.name].data;
  expect(first).toBeCloseTo(1 / (1 + Math.exp(-numbers[0])), 6);
  const softmax = { ...y, nodes: [node('y = Softmax(x)', { axis: attr.int(1) })] };
  const kept = linkAlong(softmax, { output: 'y', link: 'probability', classes: { axis: 1, size: 3 } });
  const found = interpret(kept.graph, { x: numArray('float32', SIZES, numbers) });
  expect(found[kept.name].data).toEqual(found.y.data);
  const raised = linkAlong(y, { output: 'y', link: 'probability', holds: 'log-probabilities' });
  const [exponential] = interpret(raised.graph, { x: numArray('float32', SIZES, numbers) })[raised.name].data;
  expect(exponential).toBeCloseTo(Math.exp(numbers[0]), 5);
});

test('the axis of the classes must be given where classes are compared', () => {
  for (const link of ['probability', 'margin'] as const) {
    expect(codeOf(() => linkAlong(y, { output: 'y', link }))).toBe('not-applicable');
  }
});

test.each([1, undefined])('a margin over %s classes is refused', (size) => {
  expect(codeOf(() => linkAlong(y, { output: 'y', link: 'margin', classes: { axis: 1, size } }))).toBe(
    'not-applicable',
  );
});
