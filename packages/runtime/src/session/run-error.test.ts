import { type Constant, type Node, write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { floats, graphOf, ints, node, value } from '../../test/models.js';
import { runError } from './run-error.js';
import { openSession } from './session.js';

/** The error of a run of these nodes from x [N, 3] to y. */
async function errorOf(
  nodes: readonly Node[],
  constants: Readonly<Record<string, Constant>>,
): Promise<unknown> {
  const inputs = [value('x', ['N', 3])];
  const session = await openSession(
    write(graphOf({ inputs, outputs: [value('y', ['M'])], nodes, constants })),
  );
  const error = await session.run({ x: floats([2, 3], [1, 2, 3, 4, 5, 6]) }).catch((cause: unknown) => cause);
  await session.release();
  return error;
}

test.each<[string, readonly Node[], Readonly<Record<string, Constant>>, RegExp, RegExp]>([
  [
    'a Reshape that does not fit',
    [node('Reshape', ['x', 's'], ['y'])],
    { s: ints([4]) },
    /Reshape/,
    /sizes of the inputs/,
  ],
  [
    'an id beyond the table',
    [node('Gather', ['t', 'i'], ['y']), node('ArgMax', ['x'], ['i'])],
    { t: floats([1, 1], [1]) },
    /Gather/,
    /beyond the tensor/,
  ],
])(
  '%s names the node, what it means, and keeps the text of ONNX Runtime',
  async (_, nodes, constants, at, words) => {
    const error = await errorOf(nodes.toReversed(), constants);
    expect(error).toMatchObject({ code: 'run-failed', cause: expect.any(Error) });
    const { message } = error as Error;
    expect(message).toMatch(new RegExp(`an error of ONNX Runtime at ${at.source} ".*": "Non-zero status`));
    expect(message).toMatch(words);
  },
);

test('memory that runs out gets a remedy, and an unknown text none', () => {
  expect(
    runError(new Error('Failed to allocate memory for requested buffer of size 4000000000000')).remedy,
  ).toMatch(/--batch/);
  expect(runError(new Error('something else'))).toEqual({
    got: 'an error of ONNX Runtime: "something else"',
  });
});
